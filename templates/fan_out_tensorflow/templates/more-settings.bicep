
        { name: 'PYTHON_ISOLATE_WORKER_DEPENDENCIES', value: '1' }