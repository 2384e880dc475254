"""Controls of a map: null field, gain of a filter, whether there is a field at all."""
