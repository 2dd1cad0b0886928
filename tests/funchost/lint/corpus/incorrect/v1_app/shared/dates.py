from datetime import date


def today():
    return _format(date.today())  # expect: DF001


def _format(day):
    return day.isoformat()
