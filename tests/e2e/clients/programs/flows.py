"""Flows that more than one program uses."""

from prefect import Flow, Parameter, task


@task
def numbers(n):
    return list(range(n))


@task
def square(x):
    return x * x


@task
def total(xs):
    return sum(xs)


@task
def add(x, y):
    return x + y


def squares(name):
    """The sum of the squares below n: a parameter, a list, a map and a reduction."""
    with Flow(name) as flow:
        total(square.map(numbers(Parameter("n", default=4))))
    return flow
