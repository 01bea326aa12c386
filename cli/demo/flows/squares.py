"""A map over 20 numbers and a reduce."""

# pyright: reportMissingImports=false, reportFunctionMemberAccess=false

from prefect import Flow, Parameter, task


@task
def numbers(count):
    return list(range(1, count + 1))


@task
def square(number):
    return number * number


@task(log_stdout=True)
def total(squares):
    print(f"The squares of {len(squares)} numbers sum up to {sum(squares)}")
    return sum(squares)


with Flow("squares") as flow:
    count = Parameter("count", default=20)
    total(square.map(numbers(count)))
