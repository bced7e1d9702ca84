"""The gateways that are measured beside Dragoman: one module each, with how to install, configure and start it."""
