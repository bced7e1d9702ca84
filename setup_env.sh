#!/usr/bin/env bash
# Makes the virtual environment .venv with Dragoman in it, by uv or, where there is none, by Python and pip.
# Can be run again. It deletes nothing, and installs nothing outside this folder.
set -euo pipefail
unset CDPATH

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/talk.sh
source "$ROOT/scripts/talk.sh"

VENV=$ROOT/.venv
OLDEST='3, 11'
GET_UV='curl -LsSf https://astral.sh/uv/install.sh | sh'

vertex=no
python=''
other_environment=''

usage() {
  cat <<USAGE
Usage: ./setup_env.sh [--vertex]

Makes .venv with Dragoman in it. Uses uv if it is there, else Python 3.11 or later with pip.

  --vertex     also install what Vertex AI needs
  -h, --help   show this
USAGE
}

read_options() {
  while (($#)); do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --vertex) vertex=yes ;;
      *) usage_error "Unknown option: $1" ;;
    esac
    shift
  done
}

is_recent() {
  "$1" -c "import sys; sys.exit(sys.version_info < ($OLDEST))" >/dev/null 2>&1
}

# uv replaces an environment that does not fit; whether it may go is for its owner to say.
check_existing() {
  [[ -e $VENV || -L $VENV ]] || return 0
  is_recent "$VENV/bin/python" ||
    die "$VENV is there, but has no working Python 3.11 or later. It is not deleted for you." \
      "Take it away and run this again: mv .venv .venv.old"
}

sync_with_uv() {
  # --inexact: what somebody installed into .venv besides stays there.
  local options=(--inexact)
  # UV_PYTHON or a .python-version may name another Python, for which uv would replace an environment that is there.
  [[ ! -e $VENV ]] || options+=(--python "$VENV/bin/python")
  [[ $vertex == no ]] || options+=(--extra vertex)
  (cd -- "$ROOT" && uv sync "${options[@]}") ||
    die "uv could not make the environment (its message is above)." "Without network it needs what an earlier run left in its cache."
}

# A Python that can make environments; Debian and Ubuntu leave ensurepip to a package of its own.
find_python() {
  local name found=''
  for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
    is_recent "$name" || continue
    found=$name
    if "$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then
      python=$name
      return
    fi
  done
  [[ -z $found ]] || die "$found has no venv and ensurepip, and uv is not installed." \
    "Either install your system's package for it (Debian, Ubuntu: python3-venv)," "or install uv, which needs neither: $GET_UV"
  die "Neither uv nor Python 3.11 or later is installed." \
    "Either install uv, which brings a Python: $GET_UV" "or install Python from https://www.python.org/downloads/"
}

install_with_pip() {
  local wanted=.
  if [[ ! -e $VENV ]]; then
    find_python
    "$python" -m venv "$VENV" || die "$python could not make $VENV (its message is above)."
  fi
  # An environment of uv's has no pip, nor has one whose making was interrupted.
  "$VENV/bin/python" -m pip --version >/dev/null 2>&1 || "$VENV/bin/python" -m ensurepip >/dev/null ||
    die "There is no pip in $VENV, and it cannot be put there." "Install uv instead: $GET_UV"
  [[ $vertex == no ]] || wanted='.[vertex]'
  (cd -- "$ROOT" && "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -e "$wanted") ||
    die "pip could not install Dragoman (its message is above)." "It needs the network, or a mirror that pip is told of."
}

say_what_is_next() {
  if [[ -n $other_environment ]]; then
    say "Note: another environment is active in your shell ($other_environment); 'deactivate' leaves it."
  fi
  printf '%s\n' "Ready. Next:"
  if [[ $1 == uv ]]; then
    printf '%s\n' "    uv run dragoman serve"
  else
    printf '%s\n' "    source .venv/bin/activate" "    dragoman serve"
  fi
}

main() {
  local way=pip
  read_options "$@"
  [[ ${VIRTUAL_ENV:-} == "$VENV" ]] || other_environment=${VIRTUAL_ENV:-}
  # uv would warn of it, and pip's Python is named by its path.
  unset VIRTUAL_ENV PYTHONHOME
  check_existing
  if command -v uv >/dev/null 2>&1; then
    way=uv
    sync_with_uv
  else
    say "uv is not installed; using Python and pip."
    install_with_pip
  fi
  is_recent "$VENV/bin/python" || die "$VENV was not made. Is UV_PROJECT_ENVIRONMENT set?"
  say_what_is_next "$way"
}

main "$@"
