"""On the path of processes under libfaketime: its clock_nanosleep refuses the absolute monotonic times of `time.sleep`.

With the monotonic clock left alone (as a host leaves it when its clock is set), libfaketime 0.9.10 takes its offset from
them all the same, and a worker's sleep ends with EINVAL. `select` waits for so long instead.
"""

import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds) and None
