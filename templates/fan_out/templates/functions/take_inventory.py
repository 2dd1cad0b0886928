def take_inventory(context: df.DurableOrchestrationContext) -> Generator[TaskBase, Any, Inventory]:
    """List the files, measure them all at once, put the results together."""
    log = ReplaySafeLogger(context, __name__)
    directory = directory_of(context.get_input())

    paths: list[str] = yield context.call_activity("list_files", directory)
    context.set_custom_status(f"Measuring {len(paths)} files")
    log.info("Measuring %d files in %s.", len(paths), directory)

    # Fan out: every call is scheduled before the first result is awaited. Results come back in the order
    # of the calls, whichever activity was the quickest.
    files = [FileToMeasure(directory=directory, path=path) for path in paths]
    calls = [context.call_activity("measure_file", file) for file in files]
    results: list[Measure | Unreadable] = []
    if calls:  # task_all of nothing gives None, not an empty list
        results = yield context.task_all(calls)

    # Fan in. Pure arithmetic is fine here; a long computation would belong into an activity.
    inventory = total(directory, results)
    context.set_custom_status(f"Measured {inventory['files']} files")
    return inventory
