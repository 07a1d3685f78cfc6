#!/usr/bin/env bash
# Deploys both functions; see --help.
set -euo pipefail
# shellcheck source=infra/gcloud.sh
source "$(dirname "${BASH_SOURCE[0]}")/infra/gcloud.sh"

usage() {
  cat <<'END'
Usage: ./deploy.sh [--dry-run] [--only NAME] [--env FILE]
       ./deploy.sh --package DIR

Deploys list-events and create-event to the Google Cloud project that .env (or the environment)
names, then tests them. First run infra/project.sh, which prepares the project, and
infra/authorize.py, which stores the refresh token. It can be run again at any time. .env.example
says what goes into .env.

  --dry-run      print the commands, run none
  --only NAME    only list-events, or only create-event
  --env FILE     read the settings from this file instead of .env
  --package DIR  only write what would be uploaded: DIR/list_events and DIR/create_event, each to be
                 run by `functions-framework --target NAME` with its requirements.txt installed
  --help         this text

Exit status: 0 done, 1 failed or stopped half-way, 2 the settings or the arguments are wrong.
END
}

fail() {
  echo "deploy.sh: $*" >&2
  exit 1
}

write_packages() {
  lookup scratch mktemp -d
  run ./deploy.sh --package "$scratch"
}

# Timeouts exceed the largest budget that the settings allow, so that Cloud Run never cuts off our own
# answer. An instance reads each calendar at most every EVENTS_CACHE_SECONDS, so ten instances stay far
# below Google's 600 reads a minute (infra/SCALE.md).
deploy_list_events() {
  deploy_function list-events list_events 64 --allow-unauthenticated --timeout=65s --max-instances=10
}

deploy_create_event() {
  deploy_function create-event create_event 16 --no-allow-unauthenticated --timeout=30s --max-instances=5
}

# deploy_function NAME ENTRY_POINT CONCURRENCY FLAGS...
# Uses the Functions API rather than `gcloud run deploy --function`: it waits until the new revision
# serves, changes public access together with the code, and undoes a rollback of traffic.
# Concurrent requests need a whole CPU and as many threads as requests.
deploy_function() {
  local name=$1 entry_point=$2 concurrency=$3
  shift 3
  run gcloud functions deploy "$name" --gen2 --runtime=python313 --entry-point="$entry_point" \
    --source="$scratch/$entry_point" --trigger-http --memory=512Mi --cpu=1 \
    --concurrency="$concurrency" "$@" \
    --service-account="$(service_account "$name")" \
    --build-service-account="projects/$GOOGLE_CLOUD_PROJECT/serviceAccounts/$(service_account calendar-build)" \
    --set-env-vars="$(environment "THREADS=$concurrency")" \
    --set-secrets="AUTH_GOOGLE_SECRET=$client_secret:latest" \
    --serve-all-traffic-latest-revision --region="$REGION" "${in_project[@]}"
}

# The settings in gcloud's list syntax, separated by |, since some contain commas.
environment() {
  printf '^|^%s' "$1"
  printf '|%s' "${function_settings[@]}"
}

let_the_webhook_call_create_event() {
  if [[ -z ${WEBHOOK_SERVICE_ACCOUNT:-} ]]; then
    printf '# WEBHOOK_SERVICE_ACCOUNT is not set: no webhook was allowed to call create-event.\n'
    printf '# Set it in .env, then: ./deploy.sh --only create-event\n'
    return
  fi
  run gcloud run services add-iam-policy-binding create-event \
    --member="serviceAccount:$WEBHOOK_SERVICE_ACCOUNT" --role=roles/run.invoker \
    --region="$REGION" "${in_project[@]}"
}

try_list_events() {
  find_url list_url list-events
  expect 200 "$list_url"
  $dry_run || "$python" -c 'import json, sys; sys.exit(not isinstance(json.load(sys.stdin), list))' \
    <<<"$answer" 2>/dev/null || fail "list-events answers no JSON array: $answer"
}

try_create_event() {
  find_url create_url create-event
  expect 403 --data '{"preferenceId": "deploy.sh"}' "$create_url"
}

# The run.app address: always a valid audience for an ID token.
find_url() {
  lookup "$1" gcloud functions describe "$2" --gen2 --format='value(serviceConfig.uri)' \
    --region="$REGION" "${in_project[@]}"
}

# expect STATUS CURL_ARGUMENTS...: leaves the body in `answer`. Access takes seconds to settle.
expect() {
  local try wanted=$1 curl=(curl --silent --show-error --max-time 60 --write-out '\n%{http_code}')
  shift
  printf '%s\n' "$(pasteable "${curl[@]}" "$@")"
  if $dry_run; then return; fi
  for ((try = 1; try <= 5; try++)); do
    ((try == 1)) || sleep "${RETRY_PAUSE:-12}"
    answer=$("${curl[@]}" "$@") || answer+=$'\n000'
    if [[ ${answer##*$'\n'} == "$wanted" ]]; then
      answer=${answer%$'\n'*}
      return
    fi
  done
  fail "expected $wanted; infra/RUNBOOK.md has an entry for every code. The answer was: $answer"
}

deploy() {
  local steps=(write_packages)
  cd "$root"
  load_settings
  [[ $only == create-event ]] || steps+=(deploy_list_events)
  [[ $only == list-events ]] || steps+=(deploy_create_event let_the_webhook_call_create_event)
  [[ $only == create-event ]] || steps+=(try_list_events)
  [[ $only == list-events ]] || steps+=(try_create_event)
  run_steps "${steps[@]}"
  $dry_run || print_addresses
}

print_addresses() {
  printf '\n'
  [[ $only == create-event ]] || printf 'list_events:   %s\n' "$list_url"
  [[ $only == list-events ]] || printf 'create_event:  %s\n' "$create_url"
  [[ $only == list-events ]] || printf "audience of the webhook's ID token: %s\n" "$create_url"
}

only=both list_url="" create_url=""
while (($# > 0)); do
  case $1 in
    --package)
      [[ $# -eq 2 && -n $2 ]] || fail "--package needs one directory; see --help."
      find_python
      exec "$python" -B "$root/infra/commands/package.py" "$2"
      ;;
    --only)
      only=${2-}
      only=${only//_/-}
      [[ $only == list-events || $only == create-event ]] ||
        fail "--only needs list-events or create-event; see --help."
      shift
      ;;
    --env) use_env_file "${2-}" && shift ;;
    --dry-run) dry_run=true ;;
    --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done
deploy
