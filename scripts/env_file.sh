# shellcheck shell=bash
# Changes .env files, in the syntax that Dragoman reads (python-dotenv's). Sourced by the scripts at the root.
#
#   env_load FILE TEMPLATE     takes FILE's text, or TEMPLATE's where there is no FILE yet
#   env_value NAME             prints the value in effect; fails if there is none
#   env_set NAME VALUE [PART]  changes the text; of commented lines, those after the heading with PART come first
#   env_changed                succeeds if saving would change the file
#   env_save                   keeps a copy of the old file (ENV_BACKUP), then replaces it in one step
#   env_discard                removes what an interrupted env_save left; for the EXIT trap
#
# macOS still has bash 3.2: no associative arrays, no mapfile, no ${name,,}; and no GNU-only options.

ENV_FILE=''
ENV_ORIGINAL=''
ENV_TEXT=''
ENV_BACKUP=''
ENV_TEMP=''
ENV_LINES=()

ENV_ASSIGNMENT="^([[:space:]]*(export[[:space:]]+)?)([^=#[:space:]']+)[[:space:]]*=([[:space:]]*)(.*)\$"
ENV_COMMENTED='^[[:space:]]*#[[:space:]]*([^#[:space:]].*)$'
ENV_QUOTED="^(\"(([^\"\\]|\\\\.)*)\"|'(([^'\\]|\\\\.)*)')(.*)\$"
ENV_TAIL_COMMENT='^[[:space:]]*(#.*)?$'

env_load() {
  local template=$2 source
  ENV_FILE=$1
  # A link stays a link: what it points at is replaced.
  [[ ! -L $ENV_FILE ]] || ENV_FILE=$(readlink -f -- "$ENV_FILE") || return 1
  ENV_ORIGINAL=''
  ENV_TEXT=''
  source=$template
  [[ ! -e $ENV_FILE ]] || source=$ENV_FILE
  if [[ -e $source ]]; then
    # The x keeps the empty lines at the end, which $( ) would take away.
    ENV_TEXT=$(cat -- "$source" && printf x) || return 1
    ENV_TEXT=${ENV_TEXT%x}
  fi
  [[ ! -e $ENV_FILE ]] || ENV_ORIGINAL=$ENV_TEXT
}

env_changed() {
  [[ ! -e $ENV_FILE || $ENV_TEXT != "$ENV_ORIGINAL" ]]
}

env_value() {
  local LC_ALL=C name=$1 index found=''
  env_split || return 1
  for ((index = 0; index < ${#ENV_LINES[@]}; index++)); do
    if env_parse "${ENV_LINES[index]}" && [[ $env_name == "$name" ]]; then
      found=$env_inner
    fi
  done
  [[ -n $found ]] && printf '%s\n' "$found"
}

env_set() {
  # Bytes, not characters: a file in another encoding is kept as it is.
  local LC_ALL=C name=$1 value=$2 part=${3:-} index quoted
  if [[ $value == *[$'\n\r']* ]]; then
    printf '%s\n' "A value of $name must be one line." >&2
    return 1
  fi
  quoted=$(env_quote "$value")
  env_split || return 1
  index=$(env_find "$name" "$part")
  if [[ -z $index ]]; then
    [[ -z $ENV_TEXT || $ENV_TEXT == *$'\n' ]] || ENV_TEXT+=$'\n'
    ENV_TEXT+="$name=$quoted"$'\n'
  else
    env_rewrite "$index" "$name" "$value" "$quoted"
  fi
}

env_save() {
  local folder
  env_changed || return 0
  ENV_BACKUP=''
  folder=$(dirname -- "$ENV_FILE")
  ENV_TEMP=$(mktemp "$folder/.env.tmp-XXXXXX") || return 1
  if [[ -e $ENV_FILE ]]; then
    # Takes over the mode; the text comes next.
    cp -p -- "$ENV_FILE" "$ENV_TEMP" || return 1
  else
    chmod 600 "$ENV_TEMP" || return 1
  fi
  printf '%s' "$ENV_TEXT" >"$ENV_TEMP" || return 1
  [[ ! -e $ENV_FILE ]] || env_backup || return 1
  mv -f -- "$ENV_TEMP" "$ENV_FILE" || return 1
  ENV_TEMP=''
  ENV_ORIGINAL=$ENV_TEXT
}

env_discard() {
  [[ -n $ENV_TEMP ]] || return 0
  rm -f -- "$ENV_TEMP"
  ENV_TEMP=''
  # A copy of a file that was not replaced after all.
  if [[ -n $ENV_BACKUP ]] && cmp -s -- "$ENV_BACKUP" "$ENV_FILE"; then
    rm -f -- "$ENV_BACKUP"
  fi
}

# --- what these are made of ---

env_backup() {
  ENV_BACKUP=$ENV_FILE.bak-$(date +%Y%m%d-%H%M%S) || return 1
  while [[ -e $ENV_BACKUP ]]; do
    sleep 1
    ENV_BACKUP=$ENV_FILE.bak-$(date +%Y%m%d-%H%M%S) || return 1
  done
  (umask 077 && cp -- "$ENV_FILE" "$ENV_BACKUP" && chmod 600 "$ENV_BACKUP")
}

# ENV_TEXT into ENV_LINES: an element for each line, but one for a quoted value that runs over several. Fails if a
# quote stays open.
env_split() {
  local line raw=() index next count
  while IFS= read -r line || [[ -n $line ]]; do
    raw+=("$line")
  done < <(printf '%s' "$ENV_TEXT")
  ENV_LINES=()
  count=${#raw[@]}
  for ((index = 0; index < count; index++)); do
    line=${raw[index]}
    next=$index
    while env_is_open "$line" && ((next + 1 < count)); do
      next=$((next + 1))
      line+=$'\n'${raw[next]}
    done
    if env_is_open "$line"; then
      # The quotes of the next value that is written would close it, and be read as something else.
      printf '%s\n' "$ENV_FILE, line $((index + 1)): a quote is opened and never closed." >&2
      return 1
    fi
    ENV_LINES+=("$line")
    index=$next
  done
}

env_is_open() {
  [[ $1 =~ $ENV_ASSIGNMENT ]] || return 1
  local written=${BASH_REMATCH[5]}
  [[ $written == [\"\']* && ! $written =~ $ENV_QUOTED ]]
}

# Takes `[export] NAME=value # comment` apart; fails for every other line.
env_parse() {
  [[ $1 =~ $ENV_ASSIGNMENT ]] || return 1
  env_lead=${BASH_REMATCH[1]}
  env_name=${BASH_REMATCH[3]}
  local gap=${BASH_REMATCH[4]} rest=${BASH_REMATCH[5]}
  if [[ $rest =~ $ENV_QUOTED ]]; then
    env_written=${BASH_REMATCH[1]}
    env_inner=${BASH_REMATCH[2]}${BASH_REMATCH[4]}
    env_tail=${BASH_REMATCH[6]}
    [[ $env_tail =~ $ENV_TAIL_COMMENT ]] || env_tail=''
    return 0
  fi
  env_written=${rest%%[[:space:]]#*}
  # `NAME= # comment` has no value, `NAME=#x` has one.
  if [[ -n $gap && $rest == '#'* ]]; then env_written=''; fi
  env_written=${env_written%"${env_written##*[![:space:]]}"}
  env_inner=$env_written
  env_tail=${rest#"$env_written"}
}

# The index of the line to change: the last that assigns NAME, for that one counts; else a commented one.
env_find() {
  local name=$1 part=$2 index line active='' first='' in_part='' passed=''
  for ((index = 0; index < ${#ENV_LINES[@]}; index++)); do
    line=${ENV_LINES[index]}
    if env_parse "$line"; then
      [[ $env_name != "$name" ]] || active=$index
    elif env_is_commented "$line" "$name"; then
      first=${first:-$index}
      [[ -z $passed ]] || in_part=${in_part:-$index}
    elif [[ -n $part && $line == '# ==='*"$part"* ]]; then
      passed=yes
    fi
  done
  printf '%s' "${active:-${in_part:-$first}}"
}

# `# NAME=value` is a setting that is switched off; `# NAME=value does this and that` is prose.
env_is_commented() {
  [[ $1 =~ $ENV_COMMENTED ]] && env_parse "${BASH_REMATCH[1]}" && [[ $env_name == "$2" ]] &&
    [[ $env_written == [\"\']* || $env_written != *[[:space:]]* ]]
}

env_rewrite() {
  local index=$1 name=$2 value=$3 quoted=$4 old=${ENV_LINES[$1]} position last
  if env_parse "$old"; then
    ! env_holds "$value" "$quoted" || return 0
  else
    [[ $old =~ $ENV_COMMENTED ]]
    env_parse "${BASH_REMATCH[1]}"
  fi
  if [[ $env_tail == '#'* ]]; then env_tail="  $env_tail"; fi
  last=$((${#ENV_LINES[@]} - 1))
  ENV_LINES[index]=$env_lead$name=$quoted$env_tail
  ENV_TEXT=''
  for ((position = 0; position <= last; position++)); do
    ENV_TEXT+=${ENV_LINES[position]}$'\n'
  done
}

# Does the line that was parsed last hold this value, in whatever spelling?
env_holds() {
  [[ $env_written == "$2" ]] && return 0
  [[ $env_inner == "$1" ]] && [[ $env_written == "$env_inner" || $env_inner != *\\* ]]
}

# In quotes that the reader takes off again. Single ones where a shell or systemd would find something to expand.
env_quote() {
  local value=$1
  if [[ $value == *[\"\\\$\`]* ]]; then
    value=${value//\\/\\\\}
    value=${value//\'/\\\'}
    printf "'%s'" "$value"
  else
    printf '"%s"' "$value"
  fi
}
