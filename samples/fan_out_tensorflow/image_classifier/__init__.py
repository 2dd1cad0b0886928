"""Classify pictures with a pretrained network: everything that is not durable.

The functions import only `request` and `fan_out`, which need no TensorFlow: the app starts at once, and
a worker process loads TensorFlow when its first activity runs.
"""
