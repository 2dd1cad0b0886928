from time import time


def stamp():
    return time()  # expect: DF001
