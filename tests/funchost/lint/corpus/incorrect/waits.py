import asyncio
import concurrent.futures
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def sleeps(context):
    yield context.call_activity("first")
    time.sleep(5)  # expect: DF009
    yield context.call_activity("second")


@app.orchestration_trigger(context_name="context")
def threads(context):
    worker = threading.Thread(target=print)  # expect: DF010
    worker.start()  # expect: DF010
    with ThreadPoolExecutor() as pool:  # expect: DF010
        numbers = list(pool.map(abs, [1, 2]))  # expect: DF010
    future = concurrent.futures.Future()  # expect: DF010
    queue = Queue()  # expect: DF010
    result = asyncio.run(work())  # expect: DF010, DF011
    yield context.call_activity("store", [numbers, str(future), str(queue), result])


async def work():
    return 1
