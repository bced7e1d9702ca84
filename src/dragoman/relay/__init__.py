"""One request's whole way, from the parsed request to the last event, over ports only.

A *plan* names the targets. An *attempt* writes the request in a target's dialect, sends it and reads the reply
as events. The *commit gate* holds the events back until the reply has said something, so that an early failure
is still an HTTP error. The *settlement* records how it really ended, also when the client hangs up.
"""
