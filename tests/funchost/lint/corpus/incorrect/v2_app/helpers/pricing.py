import requests


class Prices:
    def __init__(self):
        self._session = requests.Session()

    def of(self, name):
        return self._session.get(f"https://example.com/{name}").json()  # expect: DF003


def price_of(name):
    return Prices().of(name)
