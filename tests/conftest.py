"""What every test needs before it imports anything: Keras on JAX."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
