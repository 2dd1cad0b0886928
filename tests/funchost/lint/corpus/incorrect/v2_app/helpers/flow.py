import time


class Base:
    def __init__(self, context):
        self._context = context

    def pause(self):
        time.sleep(1)  # expect: DF009


class Flow(Base):
    def run(self):
        self.pause()
        result = yield self._context.call_activity("first")
        self._context.call_activity("second", result)  # expect: DF004
        return result
