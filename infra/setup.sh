#!/usr/bin/env bash
# The first of three commands; see --help.
set -euo pipefail
# shellcheck source=gcloud.sh
source "$(dirname "${BASH_SOURCE[0]}")/gcloud.sh"

usage() {
  cat <<'END'
usage: infra/setup.sh [--dry-run] [--env FILE]

Makes .env out of a few answers, prepares the Google Cloud project it names (infra/project.sh) and takes
the admin's consent (infra/authorize.py). Next: ./deploy.sh. First log in, once:
  gcloud auth login --update-adc

Run again, it asks only for what is missing. Enter takes the answer in brackets. Answers may also come
on standard input, a line each, or from the environment, under their names in .env.example; secrets, which
never go into .env, as AUTH_GOOGLE_SECRET, MERCADO_PAGO_ACCESS_TOKEN and MERCADO_PAGO_WEBHOOK_SECRET.

  --dry-run   ask, but write nothing; print the commands, run none
  --env FILE  make this file instead of .env: another environment beside the first, in the same project or
              in another one. It gets a NAME_PREFIX
  --help      this text

Exit status: 0 done, 1 stopped half-way, 2 the settings or the arguments are wrong.
END
}

setting() {
  "$python" -B -m infra.commands.for_shell one "$env_file" "$1"
}

# answer NAME DEFAULT QUESTION: stores what the environment or the file has, or else what is answered.
answer() {
  local name=$1 default=$2 given status=0
  given=$(setting "$name") || status=$?
  ((status < 2)) || return "$status"
  while ((status > 0)) || ! setting "$name=$given"; do
    printf '%s%s: ' "$3" "${default:+ [$default]}" >&2
    if ! read -r given && [[ -z $given ]]; then
      printf '\n%s is not given\n' "$name" >&2
      return 1
    fi
    given=${given:-$default} status=0
  done
}

# What gcloud is set to, if anything.
configured() {
  gcloud config get "$1" 2>/dev/null || true
}

answer_questions() {
  local name region
  answer GOOGLE_CLOUD_PROJECT "$(configured project)" "Google Cloud project, with billing"
  region=$(configured run/region)
  answer REGION "${region:-southamerica-east1}" "Region, which can never be changed"
  if [[ $env_name != .env ]]; then
    name=${env_name#.env.} name=${name%.env}
    answer NAME_PREFIX "$name" "What the names of all that is made there begin with"
  fi
  answer ADMIN_EMAIL "$(configured account)" "Google account whose calendar it is"
  answer CALENDAR_ID "$(setting ADMIN_EMAIL)" "Calendar (its settings, Integrate calendar, Calendar ID)"
  answer AUTH_GOOGLE_ID "" "OAuth client id (of a Desktop app, made at
  https://console.cloud.google.com/auth/clients?project=$(setting GOOGLE_CLOUD_PROJECT) )"
  answer GOOGLE_REDIRECT_URI http://localhost:8765/ "Its redirect URI"
  answer WEBHOOK_SERVICE_ACCOUNT "" "Service account of a server of your own that books paid classes
  (Enter if there is none: Mercado Pago's webhook is then deployed)"
}

prepare_the_project() {
  if $dry_run; then
    infra/project.sh --dry-run --env "$env_file"
  else
    infra/project.sh --env "$env_file"
  fi
}

# Once it was given, infra/authorize.py renews it.
take_the_admins_consent() {
  local version authorize=(infra/authorize.py --env "$real_env_file" ${CLOUD_SHELL:+--paste})
  load_settings
  lookup version gcloud secrets versions list "$REFRESH_TOKEN_SECRET" --filter=state=ENABLED --limit=1 \
    --format='value(name)' "${in_project[@]}"
  if $dry_run; then
    printf 'if test -z "%s"; then\n  infra/venv.sh\n  %s\nfi\n' "$version" "$(pasteable "${authorize[@]}")"
  elif [[ -z $version ]]; then
    infra/venv.sh
    "${authorize[@]}"
  fi
}

tell_what_only_a_person_can_do() {
  local mark=""
  ! $dry_run || mark="# " # what is printed can be pasted
  find_webhook_url
  what_only_a_person_can_do | sed "s/^/$mark/"
}

what_only_a_person_can_do() {
  cat <<END

Ready. Next: ./deploy.sh$other_env

What only a person can do:
  To be chosen once at https://console.cloud.google.com/auth/audience?project=$GOOGLE_CLOUD_PROJECT
    "Publish app": in "Testing" the consent ends after 7 days
  To be entered once in the OAuth client, if its type is "Web application", as the redirect URI:
    $GOOGLE_REDIRECT_URI
END
  ! has_our_webhook || tell_mercado_pago "$webhook_url"
}

write_to_a_copy() {
  scratch=$(mktemp -d)
  [[ ! -f $env_file ]] || cp "$env_file" "$scratch/$env_name"
  env_file=$scratch/$env_name
}

other_env=""
while (($# > 0)); do
  case $1 in
    --dry-run) dry_run=true ;;
    --env)
      use_env_file "${2-}" new
      other_env=" --env $2"
      shift
      ;;
    --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

cd "$root"
find_python
if ! $dry_run && ! command -v gcloud >/dev/null; then
  printf 'setup.sh: gcloud is not installed: see https://cloud.google.com/sdk/docs/install\n' >&2
  exit 2
fi
env_name=${env_file##*/}
real_env_file=$env_file
! $dry_run || write_to_a_copy
run_steps answer_questions prepare_the_project take_the_admins_consent tell_what_only_a_person_can_do
