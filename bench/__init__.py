"""Speed, measured: a scripted upstream, the smallest possible relay, and a driver that compares Dragoman to it."""
