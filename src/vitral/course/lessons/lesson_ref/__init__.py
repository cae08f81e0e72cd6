"""The reading: logistic classification with cross-entropy."""
