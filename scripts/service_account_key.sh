# shellcheck shell=bash
# Key files of Google service accounts, as gcloud and the Google Cloud console write them. Sourced by the scripts at
# the root.

# Below the project's root; .gitignore names it.
# shellcheck disable=SC2034  # used where this file is sourced
KEY_FOLDER=.credentials

# Prints the text of one field; fails if the file has none. No jq: it is not on every machine.
key_field() {
  local pattern="\"$2\"[[:space:]]*:[[:space:]]*\"([^\"]*)\"" text
  text=$(cat -- "$1" 2>/dev/null) || return 1
  [[ $text =~ $pattern ]] && printf '%s\n' "${BASH_REMATCH[1]}"
}

is_service_account_key() {
  [[ $(key_field "$1" type) == service_account ]] && key_field "$1" client_email >/dev/null
}
