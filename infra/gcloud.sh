# What deploy.sh and infra/project.sh share: settings, steps, gcloud commands. Sourced, never run.
# Does without what macOS's bash 3.2 lacks.
# shellcheck shell=bash disable=SC2034  # its variables are used by those who source it

export CLOUDSDK_CORE_DISABLE_PROMPTS=1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
client_secret=calendar-client-secret
dry_run=false
scratch="" # a directory that goes away at the end

# Passed to the functions. The emulator variables are left out on purpose: they are for local work.
function_settings=(
  CALENDAR_ID AUTH_GOOGLE_ID GOOGLE_REDIRECT_URI ADMIN_EMAIL GOOGLE_CLOUD_PROJECT
  REFRESH_TOKEN_SECRET VIRTUAL_CLASS_COLLECTION FIRESTORE_DATABASE TIME_ZONE ALLOWED_ORIGINS
  EVENTS_CACHE_SECONDS EVENTS_STALE_SECONDS EVENTS_WINDOW_DAYS
  LIST_BUDGET_SECONDS CREATE_BUDGET_SECONDS CREATE_LEASE_SECONDS
)
# Used by the scripts themselves.
script_settings=(REGION WEBHOOK_SERVICE_ACCOUNT ALERT_EMAIL AUTH_GOOGLE_SECRET)

problems=()

problem() {
  problems+=("$1")
}

stop_at_problems() {
  local problem
  ((${#problems[@]} == 0)) && return
  for problem in "${problems[@]}"; do
    printf '%s: %s\n' "${0##*/}" "$problem" >&2
  done
  exit 2
}

# The environment, completed by .env, as infra/commands/configuration.py does it for the other commands.
load_settings() {
  read_env_file .env
  : "${REGION:=southamerica-east1}" "${ALERT_EMAIL:=${ADMIN_EMAIL:-}}"
  : "${REFRESH_TOKEN_SECRET:=calendar-refresh-token}" "${FIRESTORE_DATABASE:=(default)}"
  check_settings
  [[ -f .env ]] || ((${#problems[@]} == 0)) || problem "there is no .env: copy .env.example and fill it in"
  stop_at_problems
  in_project=(--project="$GOOGLE_CLOUD_PROJECT")
}

# Lines KEY=VALUE, the value bare or in quotes; never executed, and never repeated in a message.
read_env_file() {
  local line key value number=0
  local assignment='^[[:space:]]*([A-Za-z_][A-Za-z0-9_]*)=(.*)$'
  local quoted="^(\"([^\"]*)\"|'([^']*)')[[:space:]]*(#.*)?$"
  [[ -f $1 ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    line=${line%$'\r'}
    if [[ $line =~ ^[[:space:]]*(#.*)?$ ]]; then continue; fi
    if [[ ! $line =~ $assignment ]]; then
      problem "$1, line $number: not KEY=VALUE"
      continue
    fi
    key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    if [[ " ${function_settings[*]} ${script_settings[*]} " != *" $key "* ]]; then
      problem "$1, line $number: $key is not a setting"
      continue
    fi
    if [[ $value =~ $quoted ]]; then
      value=${BASH_REMATCH[2]}${BASH_REMATCH[3]}
    elif [[ $value == [\"\']* ]]; then
      problem "$1, line $number: the quote of $key is not closed"
    else
      value=${value%%[[:space:]]#*}
      value=${value%"${value##*[![:space:]]}"}
    fi
    if [[ -n $value && -z ${!key:-} ]]; then
      printf -v "$key" '%s' "$value"
    elif [[ $key == GOOGLE_CLOUD_PROJECT && -n $value && $value != "${!key}" ]]; then
      # Cloud Shell exports the project it was opened for.
      problem "$1, line $number: the environment has another GOOGLE_CLOUD_PROJECT: unset one"
    fi
  done <"$1"
}

# The functions' own rules, by their own code, and those of the scripts; all problems at once.
check_settings() {
  local name line found given=()
  for name in gcloud curl; do
    $dry_run || command -v "$name" >/dev/null || problem "$name is not installed"
  done
  for name in "${function_settings[@]}"; do
    [[ -z ${!name:-} ]] || given+=("$name=${!name}")
    [[ ${!name:-} != *[\|[:cntrl:]]* ]] || problem "$name holds a | or a control character"
  done
  find_python
  found=$("$python" -B -c '
import sys
from shared.errors import Misconfigured
from shared.settings import Settings
given = dict(setting.split("=", 1) for setting in sys.argv[1:])
try:
    # Its value is in Secret Manager.
    Settings.from_environ(given | {"AUTH_GOOGLE_SECRET": "in Secret Manager"})
except Misconfigured as error:
    print(*error.details, sep="\n")
' ${given[@]+"${given[@]}"}) || problem "the settings cannot be checked: Python 3.11 or newer is needed"
  while IFS= read -r line; do
    [[ -z $line ]] || problem "$line"
  done <<<"$found"
  must_match GOOGLE_CLOUD_PROJECT '^[a-z][a-z0-9-]{4,28}[a-z0-9]$' 'a project id'
  must_match REGION '^[a-z]+-[a-z]+[0-9]+$' 'a region'
  [[ -z $ALERT_EMAIL ]] || must_match ALERT_EMAIL '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$' 'an e-mail address'
  [[ -z ${WEBHOOK_SERVICE_ACCOUNT:-} ]] ||
    must_match WEBHOOK_SERVICE_ACCOUNT '^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$' \
      "a service account's e-mail address"
}

# Leaves in `python` one that is new enough, the project's own first.
find_python() {
  for python in "$root/.venv/bin/python" python3.13 python3.12 python3.11 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
  done
}

must_match() {
  if [[ -z ${!1:-} ]]; then
    problem "$1 is not set"
  elif [[ ! ${!1} =~ $2 ]]; then
    problem "$1 is not $3"
  fi
}

service_account() {
  printf '%s@%s.iam.gserviceaccount.com' "$1" "$GOOGLE_CLOUD_PROJECT"
}

# Runs functions by name, in order. Left half-way, it says what is done and what is not.
run_steps() {
  finished=() unfinished=("$@")
  trap leave EXIT
  ! $dry_run || printf 'export CLOUDSDK_CORE_DISABLE_PROMPTS=1\n'
  while ((${#unfinished[@]} > 0)); do
    printf '# %s\n' "${unfinished[0]//_/ }"
    "${unfinished[0]}"
    finished+=("${unfinished[0]}")
    unfinished=("${unfinished[@]:1}")
  done
}

leave() {
  $dry_run || rm -rf "$scratch"
  ((${#unfinished[@]} == 0)) || report_unfinished
}

report_unfinished() {
  {
    printf '\n%s stopped half-way. Running it again completes it.\n' "${0##*/}"
    ((${#finished[@]} == 0)) || printf 'done: %s\n' "${finished[@]//_/ }"
    printf 'not done: %s\n' "${unfinished[@]//_/ }"
  } >&2
}

# A command as it can be pasted; what `lookup` found stays a variable in a dry run.
pasteable() {
  local text name
  printf -v text '%q ' "$@"
  for name in scratch channel policy list_url create_url; do
    text=${text//"\\\$$name"/"\"\$$name\""}
  done
  printf '%s' "${text% }"
}

# run COMMAND...
run() {
  printf '%s\n' "$(pasteable "$@")"
  if ! $dry_run; then
    "$@" >/dev/null
  fi
}

# ensure CHECK... -- CREATE... [-- UPDATE...]: creates what the check does not find.
ensure() {
  local word part=0 check=() create=() update=()
  for word in "$@"; do
    case "$word/$part" in
      --/*) part=$((part + 1)) ;;
      */0) check+=("$word") ;;
      */1) create+=("$word") ;;
      *) update+=("$word") ;;
    esac
  done
  if $dry_run; then
    printf 'if ! %s >/dev/null 2>&1; then\n  %s\n' \
      "$(pasteable "${check[@]}")" "$(pasteable "${create[@]}")"
    ((part < 2)) || printf 'else\n  %s\n' "$(pasteable "${update[@]}")"
    printf 'fi\n'
  elif ! "${check[@]}" >/dev/null 2>&1; then
    patiently "${create[@]}"
  elif ((part == 2)); then
    patiently "${update[@]}"
  fi
}

# lookup VARIABLE COMMAND...: what the command prints.
lookup() {
  local found variable=$1
  shift
  if $dry_run; then
    printf "%s=\$(%s)\n" "$variable" "$(pasteable "$@")"
    printf -v "$variable" '$%s' "$variable"
  else
    found=$("$@")
    printf -v "$variable" '%s' "$found"
  fi
}

# What was just made is not known everywhere at once: a service account or an enabled API for
# seconds, a log-based metric for up to 10 minutes by Monitoring's own message. Only the errors that
# say so are waited out.
patiently() {
  local try errors
  local too_early='Service account .* does not exist|enabled this API recently|Cannot find metric'
  printf '%s\n' "$(pasteable "$@")"
  if $dry_run; then return; fi
  for ((try = 1; ; try++)); do
    if errors=$("$@" 2>&1 >/dev/null); then break; fi
    if ((try == 60)) || [[ ! $errors =~ $too_early ]]; then
      printf '%s\n' "$errors" >&2
      return 1
    fi
    printf 'not known everywhere yet, trying again\n' >&2
    sleep "${RETRY_PAUSE:-12}"
  done
}
