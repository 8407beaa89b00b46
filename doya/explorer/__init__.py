"""The explorer: one neuron in the browser, its four views linked by one query."""
