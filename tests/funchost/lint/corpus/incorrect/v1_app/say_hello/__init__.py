import requests


def main(city: str) -> str:
    return requests.get(f"https://example.com/{city}").text
