#!/usr/bin/env bash
# Prepares a Google Cloud project for Claude on Vertex AI with gcloud, and writes the settings into .env.
# Can be run again: what is there already is left alone.
set -euo pipefail
unset CDPATH

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/env_file.sh
source "$ROOT/scripts/env_file.sh"
# shellcheck source=scripts/service_account_key.sh
source "$ROOT/scripts/service_account_key.sh"
# shellcheck source=scripts/talk.sh
source "$ROOT/scripts/talk.sh"

ROLE=roles/aiplatform.user
MODEL_GARDEN=https://console.cloud.google.com/vertex-ai/model-garden
SETTINGS_PART='Claude on Vertex AI' # the heading in .env.example
BIND_ATTEMPTS=6                     # a new service account is known everywhere only after some seconds
BIND_PAUSE=5

project=''
location=global
create_sa=no
sa_name=dragoman-vertex
key_file=''
env_file=$ROOT/.env
big_model=claude-sonnet-5
small_model=claude-haiku-4-5@20251001
assume_yes=no

email=''
key_temp=''
sa_is_new=no
needs_login=no

usage() {
  cat <<USAGE
Usage: ./setup_vertex_claude.sh -p PROJECT_ID [options]

Enables Vertex AI in a Google Cloud project and writes the settings for Claude on Vertex AI into .env.
Needs gcloud, logged in; the project needs billing.

  -p, --project ID     the Google Cloud project
  --location L         a region that has the models, or global (default: $location)
  --create-sa          use a service account with a key file instead of your gcloud login
  --sa-name NAME       its name (default: $sa_name)
  --key-file FILE      where its key is, or is to be (default: $KEY_FOLDER/ in the project's folder)
  --env-file FILE      the settings file (default: .env in the project's folder)
  --big-model M        for sonnet and opus (default: $big_model)
  --small-model M      for haiku (default: $small_model)
  -y, --yes            ask nothing
  -h, --help           show this
USAGE
}

clean_up() {
  env_discard
  [[ -z $key_temp ]] || rm -rf -- "$key_temp"
}

read_options() {
  while (($#)); do
    case $1 in
      -h | --help) usage && exit 0 ;;
      -y | --yes) assume_yes=yes ;;
      --create-sa) create_sa=yes ;;
      -p | --project | --location | --sa-name | --key-file | --env-file | --big-model | --small-model)
        [[ -n ${2:-} && $2 != -* ]] || usage_error "$1 needs a value."
        read_value "$1" "$2"
        shift
        ;;
      *) usage_error "Unknown option: $1" ;;
    esac
    shift
  done
}

read_value() {
  case $1 in
    -p | --project) project=$2 ;;
    --location) location=$2 ;;
    --sa-name) sa_name=$2 ;;
    --key-file) key_file=$(absolute "$2") ;;
    --env-file) env_file=$(absolute "$2") ;;
    --big-model) big_model=$2 ;;
    --small-model) small_model=$2 ;;
  esac
}

absolute() {
  case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s' "$PWD/$1" ;;
  esac
}

check_options() {
  local name='[a-z][a-z0-9-]{4,28}[a-z0-9]'
  [[ -n $project ]] || usage_error "Which project? Name it with -p PROJECT_ID."
  [[ $project =~ ^([a-z0-9.-]+:)?$name$ ]] ||
    usage_error "'$project' is no project ID: 6 to 30 lower-case letters, digits and hyphens (not the number or the display name)."
  [[ $location =~ ^[a-z0-9-]+$ ]] || usage_error "'$location' is no location, such as us-east5 or global."
  [[ $sa_name =~ ^$name$ ]] || usage_error "'$sa_name' is no service account's name: 6 to 30 lower-case letters, digits and hyphens."
  [[ -d $(dirname -- "$env_file") ]] || usage_error "The folder of $env_file does not exist."
  [[ ! -d $env_file ]] || usage_error "$env_file is a folder."
  # Projects of a domain: example.com:name has accounts at name.example.com.
  local host=$project
  [[ $project != *:* ]] || host=${project#*:}.${project%%:*}
  email=$sa_name@$host.iam.gserviceaccount.com
  key_file=${key_file:-$ROOT/$KEY_FOLDER/${project/:/-}-$sa_name.json}
}

# Says what is about to happen and asks; a no, or nobody to ask, ends the script.
confirm() {
  [[ $assume_yes == no ]] || return 0
  [[ -t 0 ]] || die "There is no terminal to ask at. Nothing more is done." "To go ahead without questions: -y" "The question was: $1"
  local answer=''
  printf '%s [y/N] ' "$1" >&2
  read -r answer || say ""
  case $answer in
    [yY] | [yY][eE][sS]) ;;
    *) die "Stopped, as you said. What was done so far stays; run the script again to go on." ;;
  esac
}

# gcloud without its own questions, and always with the project: the user's configuration is not changed.
gcloud_do() {
  gcloud "$@" --project="$project" --quiet
}

check_gcloud() {
  command -v gcloud >/dev/null 2>&1 ||
    die "gcloud is not installed." "Get it from https://cloud.google.com/sdk/docs/install and run: gcloud auth login"
  # A token proves more than a listed account: the login may have expired.
  gcloud auth print-access-token --quiet >/dev/null ||
    die "gcloud is not logged in (its message is above)." "Run: gcloud auth login"
}

# An existing key must belong to the account; a new one must not end up in a commit.
check_key_file() {
  if [[ -e $key_file ]]; then
    is_service_account_key "$key_file" || die "$key_file exists, but is not a service account's key." "Name another file with --key-file."
    [[ $(key_field "$key_file" client_email) == "$email" ]] ||
      die "$key_file is the key of $(key_field "$key_file" client_email), not of $email." "Name another file with --key-file."
  elif command -v git >/dev/null 2>&1; then
    local ignored=0
    git -C "$ROOT" check-ignore -q -- "$key_file" 2>/dev/null || ignored=$?
    # 1: inside the repository and not ignored; 128: not inside, or no repository.
    [[ $ignored != 1 ]] || die "Git would not ignore the key at $key_file." "Choose a place below $KEY_FOLDER/, or outside the repository."
  fi
}

enable_api() {
  local api=$1 enabled
  enabled=$(gcloud_do services list --enabled --format='value(config.name)') ||
    die "The services of project $project cannot be read (gcloud's message is above)." \
      "Is the ID right, and may your account see the project? It needs roles/serviceusage.serviceUsageAdmin."
  if grep -Fxq -- "$api" <<<"$enabled"; then
    say "$api is enabled."
    return
  fi
  confirm "Enable $api in project $project?"
  gcloud_do services enable "$api" ||
    die "$api could not be enabled (gcloud's message is above)." \
      "The project needs billing, and your account roles/serviceusage.serviceUsageAdmin."
  say "$api: enabled."
}

create_service_account() {
  local accounts
  accounts=$(gcloud_do iam service-accounts list --format='value(email)') ||
    die "The service accounts of $project cannot be read (gcloud's message is above)." "Your account needs roles/iam.serviceAccountAdmin."
  if grep -Fxq -- "$email" <<<"$accounts"; then
    say "Service account $email exists."
    return
  fi
  confirm "Create the service account $email?"
  gcloud_do iam service-accounts create "$sa_name" --display-name="Dragoman on Vertex AI" ||
    die "The service account could not be created (gcloud's message is above)." "Your account needs roles/iam.serviceAccountAdmin."
  sa_is_new=yes
  say "Service account $email: created."
}

has_role() {
  local policy=$1 role member condition
  while IFS=$'\t' read -r role member condition; do
    # A grant under a condition may end or not apply.
    [[ $role != "$ROLE" || $member != "serviceAccount:$email" || -n $condition ]] || return 0
  done <<<"$policy"
  return 1
}

bind_role() {
  local policy attempt attempts=1
  policy=$(gcloud_do projects get-iam-policy "$project" --flatten='bindings[].members' \
    --format='value(bindings.role,bindings.members,bindings.condition.title)') ||
    die "The roles in $project cannot be read (gcloud's message is above)." "Your account needs roles/resourcemanager.projectIamAdmin."
  if has_role "$policy"; then
    say "It has $ROLE."
    return
  fi
  confirm "Give it $ROLE in project $project?"
  [[ $sa_is_new == no ]] || attempts=$BIND_ATTEMPTS
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    if gcloud_do projects add-iam-policy-binding "$project" --member="serviceAccount:$email" --role="$ROLE" \
      --condition=None >/dev/null; then
      say "$ROLE: given."
      return
    fi
    ((attempt < attempts)) || break
    say "A new service account is not known everywhere at once; trying again."
    sleep "$BIND_PAUSE"
  done
  die "$ROLE could not be given (gcloud's message is above)." "Your account needs roles/resourcemanager.projectIamAdmin."
}

create_key() {
  if [[ -e $key_file ]]; then
    chmod 600 "$key_file" || die "$key_file cannot be made private."
    say "Key file $key_file exists."
    return
  fi
  confirm "Create a key for it at $key_file?"
  local folder
  folder=$(dirname -- "$key_file")
  mkdir -p -- "$folder" || die "The folder $folder cannot be made."
  key_temp=$(mktemp -d "$folder/.new-XXXXXX") || die "$folder cannot be written to."
  gcloud_do iam service-accounts keys create "$key_temp/key.json" --iam-account="$email" --key-file-type=json ||
    die "No key could be created (gcloud's message is above)." \
      "Your account needs roles/iam.serviceAccountKeyAdmin, and the organisation must allow keys (iam.disableServiceAccountKeyCreation)." \
      "Without a key: run this again without --create-sa, to use your gcloud login."
  is_service_account_key "$key_temp/key.json" || die "gcloud wrote no service account's key."
  chmod 600 "$key_temp/key.json"
  mv -- "$key_temp/key.json" "$key_file" || die "The key cannot be moved to $key_file." "Delete the new key in the console: nobody has it."
  say "Key file $key_file: written."
}

login_command() {
  # With --project the login also learns which project pays for its requests.
  printf '%s' "gcloud auth application-default login --project=$project"
}

check_login() {
  if gcloud auth application-default print-access-token --quiet >/dev/null 2>&1; then
    say "gcloud has application default credentials."
    return
  fi
  needs_login=yes
  [[ $assume_yes == no && -t 0 ]] || return 0
  confirm "There are no application default credentials. Log in now, with a browser?"
  gcloud auth application-default login --project="$project" || die "The login failed (gcloud's message is above)."
  needs_login=no
}

load_settings() {
  env_load "$env_file" "$ROOT/.env.example" || die "$env_file cannot be read."
}

set_settings() {
  local names=() pair
  # Afresh: somebody may have edited it while gcloud was busy.
  load_settings
  names=(PREFERRED_PROVIDER=google USE_VERTEX_AUTH=true "VERTEX_PROJECT=$project" "VERTEX_LOCATION=$location"
    "BIG_MODEL=$big_model" "SMALL_MODEL=$small_model")
  [[ $create_sa == no ]] || names+=("VERTEX_CREDENTIALS_PATH=$key_file")
  for pair in "${names[@]}"; do
    env_set "${pair%%=*}" "${pair#*=}" "$SETTINGS_PART" || die "$env_file stays as it was."
    warn_if_exported "${pair%%=*}" "${pair#*=}"
  done
  if [[ $create_sa == no ]] && env_value VERTEX_CREDENTIALS_PATH >/dev/null; then
    say "Note: VERTEX_CREDENTIALS_PATH stays in $env_file and beats the gcloud login."
  fi
}

warn_if_exported() {
  local exported=${!1:-}
  [[ -z $exported || $exported == "$2" ]] || say "Note: your shell exports $1, which beats $env_file."
}

save_settings() {
  if ! env_changed; then
    say "$env_file says so already."
    return
  fi
  confirm "Write the settings for Claude on Vertex AI into $env_file?"
  env_save || die "$env_file cannot be written; it stays as it was."
  say "$env_file: written."
  [[ -z $ENV_BACKUP ]] || say "The old one is $ENV_BACKUP"
}

say_what_remains() {
  printf '%s\n' "What remains to do:" \
    "- Enable the Claude models in Model Garden, once per project:" "    $MODEL_GARDEN?project=$project"
  [[ $needs_login == no ]] || printf '%s\n' "- Log in for the server:" "    $(login_command)"
  printf '%s\n' "- Start:" "    uv sync --extra vertex" "    uv run dragoman serve"
}

main() {
  read_options "$@"
  check_options
  umask 077
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  check_gcloud
  [[ $create_sa == no ]] || check_key_file
  # Before anything changes in the cloud: that the file cannot be read should not be found out last.
  load_settings
  enable_api aiplatform.googleapis.com
  if [[ $create_sa == yes ]]; then
    enable_api iam.googleapis.com
    create_service_account
    bind_role
    create_key
  else
    check_login
  fi
  set_settings
  save_settings
  say_what_remains
}

main "$@"
