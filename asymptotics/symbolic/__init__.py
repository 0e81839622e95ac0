"""From a model's mathematics to a fixed-point system; no floats anywhere."""
