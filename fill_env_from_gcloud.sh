#!/usr/bin/env bash
# Fills VERTEX_PROJECT, and VERTEX_CREDENTIALS_PATH if there is a key file in this folder, into .env.
# Can be run again: a file that says so already is left alone.
set -euo pipefail
unset CDPATH

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/env_file.sh
source "$ROOT/scripts/env_file.sh"
# shellcheck source=scripts/service_account_key.sh
source "$ROOT/scripts/service_account_key.sh"
# shellcheck source=scripts/talk.sh
source "$ROOT/scripts/talk.sh"

env_file=$ROOT/.env
project=''
key_file=''

usage() {
  cat <<USAGE
Usage: ./fill_env_from_gcloud.sh [--env-file FILE]

Writes gcloud's project into .env as VERTEX_PROJECT. Writes VERTEX_CREDENTIALS_PATH too if there is a service
account's key file in $KEY_FOLDER/ or beside this script. Makes .env from .env.example if there is none.

  --env-file FILE   the settings file (default: .env in the project's folder)
  -h, --help        show this
USAGE
}

read_options() {
  while (($#)); do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --env-file)
        [[ -n ${2:-} ]] || usage_error "$1 needs a value."
        env_file=$2
        shift
        ;;
      *) usage_error "Unknown option: $1" ;;
    esac
    shift
  done
  [[ -d $(dirname -- "$env_file") ]] || usage_error "The folder of $env_file does not exist."
  [[ ! -d $env_file ]] || usage_error "$env_file is a folder."
}

find_project() {
  command -v gcloud >/dev/null 2>&1 || die "gcloud is not installed." "Get it from https://cloud.google.com/sdk/docs/install"
  # Its talk is "(unset)" and the name of the configuration; an error says why it failed.
  project=$(gcloud config get-value project --quiet) || die "gcloud does not tell its project (its message is above)."
  [[ -n $project && $project != '(unset)' ]] ||
    die "gcloud has no project." "Choose one: gcloud config set project PROJECT_ID"
  [[ $project =~ ^[a-z0-9][a-z0-9.:-]+$ ]] || die "gcloud's project '$project' does not look like a project ID."
}

# The key of the project if there is just one, else the only key. Several are not guessed between.
find_key_file() {
  local file keys=() matching=()
  for file in "$ROOT/$KEY_FOLDER"/*.json "$ROOT"/*.json; do
    is_service_account_key "$file" || continue
    keys+=("$file")
    [[ $(key_field "$file" project_id) != "$project" ]] || matching+=("$file")
  done
  if ((${#matching[@]} == 1)); then
    key_file=${matching[0]}
  elif ((${#keys[@]} == 1)); then
    key_file=${keys[0]}
  elif ((${#keys[@]} > 1)); then
    say "Several key files were found, so none is chosen; set VERTEX_CREDENTIALS_PATH by hand:" "${keys[@]/#/  }"
  fi
}

set_key_file() {
  local chosen
  [[ -n $key_file ]] || return 0
  if chosen=$(env_value VERTEX_CREDENTIALS_PATH) && [[ -f $chosen ]]; then
    [[ $chosen == "$key_file" ]] || say "VERTEX_CREDENTIALS_PATH stays: $chosen"
    return 0
  fi
  env_set VERTEX_CREDENTIALS_PATH "$key_file" || die "$env_file stays as it was."
  chmod 600 "$key_file" || say "Note: $key_file cannot be made private."
  say "VERTEX_CREDENTIALS_PATH: $key_file"
}

main() {
  read_options "$@"
  trap env_discard EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  find_project
  find_key_file
  env_load "$env_file" "$ROOT/.env.example" || die "$env_file cannot be read."
  env_set VERTEX_PROJECT "$project" || die "$env_file stays as it was."
  say "VERTEX_PROJECT: $project"
  set_key_file
  if ! env_changed; then
    say "$env_file says so already."
    return
  fi
  env_save || die "$env_file cannot be written; it stays as it was."
  say "$env_file: written."
  [[ -z $ENV_BACKUP ]] || say "The old one is $ENV_BACKUP"
}

main "$@"
