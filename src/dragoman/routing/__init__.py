"""Which channel and model answer a request: channels, presets, the model map, the plan."""
