{% from 'model.jinja' import def_name with context -%}
def {{ def_name('classify_batch') }}(batch: Batch) -> BatchResult:
    """Classify one share of the images. A broken image is a result too, and stops no other."""
    # Imported here and not above: only activities wait for TensorFlow, not the start of the app.
    from image_classifier import model

    images = list(model.classifier().classify(batch["images"], batch["batch_size"]))
    return BatchResult(worker=model.worker_name(), images=images)
