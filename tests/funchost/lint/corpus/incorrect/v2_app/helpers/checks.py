import random


def check(price):
    return sorted([price], key=_weight)


def _weight(price):
    return random.random()  # expect: DF002
