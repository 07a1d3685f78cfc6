# Shared by deploy.sh and infra/project.sh: settings, steps, gcloud commands. Sourced, never run.
# Works with macOS's bash 3.2.
# shellcheck shell=bash disable=SC2034  # its variables are used by those who source it

export CLOUDSDK_CORE_DISABLE_PROMPTS=1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
dry_run=false
scratch="" # a directory that goes away at the end
looked_up=()
function_settings=()
env_file=$root/.env

# Every setting of the commands, and every one of the functions that has a value, becomes a variable of
# its name; those of the functions stand in function_settings, too. Stops at anything that is wrong with
# them.
load_settings() {
  local settings kind setting programs=()
  $dry_run || programs=(gcloud curl)
  find_python
  settings=$(cd "$root" && "$python" -B -m infra.commands.for_shell all "$env_file" "${0##*/}" \
    ${programs[@]+"${programs[@]}"})
  while read -r kind setting; do
    printf -v "${setting%%=*}" '%s' "${setting#*=}"
    [[ $kind == command ]] || function_settings+=("$setting")
  done <<<"$settings"
  in_project=(--project="$GOOGLE_CLOUD_PROJECT")
  client_secret=$(named calendar-client-secret)
  mercado_pago_token=$(named mercado-pago-access-token)
  mercado_pago_secret=$(named mercado-pago-webhook-secret)
  repository=$(named virtual-classes)
}

# read_options ARGUMENTS...: the options of project.sh and rotate.sh; leaves the rest in `arguments`.
read_options() {
  arguments=()
  while (($# > 0)); do
    case $1 in
      --dry-run) dry_run=true ;;
      --env) use_env_file "${2-}" && shift ;;
      --help) usage && exit ;;
      -*) usage >&2 && exit 2 ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
}

# What --help says of them.
tell_options() {
  cat <<'END'
  --dry-run   print the commands, run none
  --env FILE  read the settings from this file instead of .env
  --help      this text

Exit status: 0 done, 1 stopped half-way, 2 the settings or the arguments are wrong.
END
}

# use_env_file FILE [new]: reads the settings from there; FILE counts from where one is. It exists, unless
# it may be new.
use_env_file() {
  if [[ -z ${1-} || ! (-f $1 || ${2-} == new) ]]; then
    printf '%s: --env needs a file; see --help\n' "${0##*/}" >&2
    exit 2
  fi
  env_file=$(cd "$(dirname "$1")" && pwd)/${1##*/}
}

# Leaves in `python` one that is new enough, the project's own first.
find_python() {
  for python in "$root/.venv/bin/python" python3.13 python3.12 python3.11 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
  done
  printf '%s: Python 3.11 or newer is needed\n' "${0##*/}" >&2
  exit 2
}

# named NAME: what a service, job, account, secret or alert of ours is called in the project, where
# several environments may be side by side. The accounts: list-events, create-event, payment-webhook and
# reconcile run the service or job; calendar-build builds them all.
named() {
  printf '%s%s' "${NAME_PREFIX:+$NAME_PREFIX-}" "$1"
}

service_account() {
  printf '%s@%s.iam.gserviceaccount.com' "$(named "$1")" "$GOOGLE_CLOUD_PROJECT"
}

# Whether our webhook is deployed, not a caller of the school's own.
has_our_webhook() {
  [[ -z $WEBHOOK_SERVICE_ACCOUNT ]]
}

# The one account that may call create-event.
caller() {
  if has_our_webhook; then service_account payment-webhook; else printf '%s' "$WEBHOOK_SERVICE_ACCOUNT"; fi
}

# The address that Cloud Run gives a service of a name, before there is one.
find_webhook_url() {
  local number
  lookup number gcloud projects describe "$GOOGLE_CLOUD_PROJECT" --format='value(projectNumber)'
  webhook_url=https://$(named mercado-pago-webhook)-$number.$REGION.run.app
}

# tell_mercado_pago ADDRESS: what no command can do.
tell_mercado_pago() {
  cat <<END
  To be entered once in Mercado Pago's panel, "Tus integraciones" > your application > "Webhooks":
    URL:    $1
    events: "Pagos" and "Órdenes comerciales" (topics payment and merchant_order)
END
}

# image NAME: where the image of a service or job is kept; infra/project.sh has old ones removed there.
image() {
  printf '%s-docker.pkg.dev/%s/%s/%s' "$REGION" "$GOOGLE_CLOUD_PROJECT" "$repository" "$(named "$1")"
}

# Runs functions by name, in order. If interrupted, prints which are done and which are not.
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
  [[ ! -d $scratch ]] || rm -rf "$scratch"
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
  for name in ${looked_up[@]+"${looked_up[@]}"}; do
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

# ensure CHECK... -- [CREATE...] [-- UPDATE...]: creates what the check does not find.
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
  if $dry_run && ((${#create[@]} == 0)); then
    printf 'if %s >/dev/null 2>&1; then\n  %s\nfi\n' "$(pasteable "${check[@]}")" "$(pasteable "${update[@]}")"
  elif $dry_run; then
    printf 'if ! %s >/dev/null 2>&1; then\n  %s\n' \
      "$(pasteable "${check[@]}")" "$(pasteable "${create[@]}")"
    ((part < 2)) || printf 'else\n  %s\n' "$(pasteable "${update[@]}")"
    printf 'fi\n'
  elif ! "${check[@]}" >/dev/null 2>&1; then
    ((${#create[@]} == 0)) || patiently "${create[@]}"
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
    looked_up+=("$variable")
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
    if errors=$("$@" 2>&1 >/dev/null | tee /dev/stderr); then break; fi
    if ((try == 60)) || [[ ! $errors =~ $too_early ]]; then return 1; fi
    printf 'not known everywhere yet, trying again\n' >&2
    sleep "${RETRY_PAUSE:-12}"
  done
}
