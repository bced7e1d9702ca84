# shellcheck shell=bash
# How the scripts at the root talk to whoever called them. Sourced by them.

# Talk goes to stderr: a line for each argument.
say() { printf '%s\n' "$@" >&2; }

# Says what went wrong, and what may help.
die() {
  say "Error: $1" "${@:2}"
  exit 1
}

# The caller asked for what does not exist.
usage_error() {
  say "Error: $1" "(./${0##*/} --help shows the options)"
  exit 2
}
