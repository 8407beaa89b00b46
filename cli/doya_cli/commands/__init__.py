"""Commands, one module each with its `command`; a module is loaded when it is called."""
