#!/usr/bin/env bash
# Deploys everything that .env asks for; see --help.
set -euo pipefail
# shellcheck source=infra/gcloud.sh
source "$(dirname "${BASH_SOURCE[0]}")/infra/gcloud.sh"

usage() {
  cat <<'END'
Usage: ./deploy.sh [--dry-run] [--only NAME] [--env FILE]
       ./deploy.sh --rollback [NAME] [--dry-run] [--env FILE]
       ./deploy.sh --package DIR

Deploys to the Google Cloud project that .env (or the environment) names:

  list-events, create-event
  mercado-pago-webhook       unless WEBHOOK_SERVICE_ACCOUNT names a caller of the school's own
  reconcile                  the job that runs infra/reconcile.py as RECONCILE_SCHEDULE says

A new revision takes traffic only after it has answered; until then, callers get the one before. Run
infra/setup.sh first. It can be run again at any time. .env.example says what goes into .env.

  --only NAME        only one of them
  --rollback [NAME]  give the traffic back to the revision that had it before the last deployment; of
                     one service or of all. The job has no revisions: deploy the earlier code
  --dry-run          print the commands, run none
  --env FILE         read the settings from this file instead of .env
  --package DIR      only write what would be uploaded: DIR/list_events and DIR/create_event, each to be
                     run by `functions-framework --target NAME` with its requirements.txt installed
  --help             this text

Exit status: 0 done, 1 failed or stopped half-way, 2 the settings or the arguments are wrong.
END
}

fail() {
  echo "deploy.sh: $*" >&2
  exit 1
}

misused() {
  echo "deploy.sh: $*; see --help." >&2
  exit 2
}

write_packages() {
  lookup scratch mktemp -d
  run "$python" -B infra/commands/package.py "$scratch" list_events create_event reconcile
}

# Timeouts exceed the largest budget that the settings allow, so that Cloud Run never cuts off our own
# answer. An instance reads each calendar at most every EVENTS_CACHE_SECONDS, so ten instances stay far
# below Google's 600 reads a minute (infra/SCALE.md).
deploy_list_events() {
  deploy_service list-events public list-events 64 65s 10 "$scratch/list_events" \
    "$(environment "${function_settings[@]}")" "AUTH_GOOGLE_SECRET=$client_secret:latest"
}

deploy_create_event() {
  deploy_service create-event private create-event 16 30s 5 "$scratch/create_event" \
    "$(environment "${function_settings[@]}")" "AUTH_GOOGLE_SECRET=$client_secret:latest"
}

let_the_webhook_call_create_event() {
  patiently gcloud run services add-iam-policy-binding "$(named create-event)" \
    --member="serviceAccount:$(caller)" --role=roles/run.invoker "${there[@]}"
}

deploy_mercado_pago_webhook() {
  local setting create_url settings=()
  for setting in "${function_settings[@]}"; do
    case $setting in
      GOOGLE_CLOUD_PROJECT=* | FIRESTORE_DATABASE=* | VIRTUAL_CLASS_COLLECTION=*) settings+=("$setting") ;;
    esac
  done
  settings+=("CANCEL_REFUNDED=$CANCEL_REFUNDED")
  [[ -z $CREATE_EVENT_QUEUE ]] || settings+=(
    "CREATE_EVENT_QUEUE=projects/$GOOGLE_CLOUD_PROJECT/locations/$REGION/queues/$CREATE_EVENT_QUEUE"
    "CREATE_EVENT_QUEUE_ACCOUNT=$(service_account payment-webhook)"
  )
  lookup_service create_url create-event status.url
  deploy_service mercado-pago-webhook public payment-webhook 16 30s 5 infra/mercado_pago_webhook \
    "$(environment "CREATE_EVENT_URL=$create_url" "${settings[@]}")" \
    "MERCADO_PAGO_ACCESS_TOKEN=$mercado_pago_token:latest,MERCADO_PAGO_WEBHOOK_SECRET=$mercado_pago_secret:latest"
}

# deploy_service NAME ACCESS ACCOUNT CONCURRENCY TIMEOUT MAX_INSTANCES SOURCE ENVIRONMENT SECRETS
# Uses `gcloud run deploy`, which Google recommends over `gcloud functions deploy` and which alone can
# deploy without traffic. A service's first revision cannot be without, so it is private until it has been
# tried out. Concurrent requests need a whole CPU and as many threads as requests.
deploy_service() {
  local name=$1 access=$2 ready current candidate service_url
  local deploy=(
    gcloud run deploy "$(named "$name")" --source="$7" --function="${name//-/_}" --base-image=python313
    --image="$(image "$name")" --build-service-account="$builder" --tag=candidate
    --service-account="$(service_account "$3")" --memory=512Mi --cpu=1 --cpu-boost
    --concurrency="$4" --timeout="$5" --max-instances="$6" --set-env-vars="$8|THREADS=$4"
    --set-secrets="$9" "${there[@]}"
  )
  take_over "$name"
  lookup_service ready "$name" status.latestReadyRevisionName
  ensure test -n "$ready" -- "${deploy[@]}" --no-allow-unauthenticated -- "${deploy[@]}" --no-traffic
  lookup_service current "$name" "$(of_revision tag=current revisionName)"
  lookup_service candidate "$name" "$(of_revision tag=candidate revisionName)"
  lookup_service service_url "$name" status.url
  try_out "$name"
  give_traffic "$name"
  if [[ $access == public ]]; then open_to_everybody "$name"; else check_privacy "$name"; fi
}

# A service that was made with `gcloud functions deploy` belongs to the Functions API until it is
# detached. It keeps both its addresses, and its revision is the one to go back to.
take_over() {
  local serving function=(gcloud functions describe "$(named "$1")" --gen2 "${there[@]}")
  lookup_service serving "$1" "$(of_revision percent=100 revisionName)"
  ensure "${function[@]}" -- -- gcloud run services update-traffic "$(named "$1")" \
    --update-tags="current=$serving" "${there[@]}"
  ensure "${function[@]}" -- -- gcloud functions detach "$(named "$1")" "${there[@]}"
}

# Requests that change nothing, and the answers that only our code gives.
try_out() {
  local try_url token
  lookup_service try_url "$1" "$(of_revision tag=candidate url)"
  find_token "$service_url"
  case $1 in
    list-events) expect "$1" 200 '^\[.*\]$' "$try_url" ;;
    create-event)
      expect "$1" 404 '"virtual_class_not_found"' --data '{"preferenceId": "deploy.sh"}' "$try_url"
      ;;
    mercado-pago-webhook) expect "$1" 401 '"no_signature"' --data '{}' "$try_url" ;;
  esac
}

# The audience is the service's address, not the tag's. Only a service account may name one; Cloud Run
# takes a person's token without. Who came by Workload Identity Federation has to impersonate an account,
# and this command wants to be told so.
find_token() {
  local token_of=(gcloud auth print-identity-token)
  local account=${CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT-}
  [[ -z $account ]] || token_of+=(--impersonate-service-account="$account")
  if $dry_run; then
    printf "token=\$(%s 2>/dev/null || %s)\n" \
      "$(pasteable "${token_of[@]}" --audiences="$1")" "$(pasteable "${token_of[@]}")"
  else
    token=$("${token_of[@]}" --audiences="$1" 2>/dev/null || "${token_of[@]}")
  fi
}

# expect NAME STATUS PATTERN CURL_ARGUMENTS...: a new address and new rights take seconds to settle. The
# token is neither printed nor an argument, which other users of the machine could see.
expect() {
  local try answer name=$1 status=$2 pattern=$3
  local curl=(curl --silent --show-error --max-time 60 --write-out '\n%{http_code}')
  shift 3
  printf '%s --header "Authorization: Bearer %s"\n' "$(pasteable "${curl[@]}" "$@")" "\$token"
  if $dry_run; then return; fi
  for ((try = 1; try <= 5; try++)); do
    ((try == 1)) || sleep "${RETRY_PAUSE:-12}"
    answer=$("${curl[@]}" --header @- "$@" <<<"Authorization: Bearer $token") || answer+=$'\n000'
    if [[ ${answer##*$'\n'} == "$status" && ${answer%$'\n'*} =~ $pattern ]]; then return; fi
  done
  fail "the new $name does not answer as it should, so nothing changes for anybody. Expected $status;" \
    "infra/RUNBOOK.md has an entry for every code. It answered: $answer"
}

# The tags tell --rollback which revision was tried out and had the traffic before: the list of
# revisions also has those that failed.
give_traffic() {
  local traffic=(
    gcloud run services update-traffic "$(named "$1")" --to-revisions="$candidate=100" "${there[@]}"
  )
  ensure test -n "$current" -- "${traffic[@]}" --update-tags="current=$candidate" -- \
    "${traffic[@]}" --update-tags="current=$candidate,previous=$current"
}

# An organisation may forbid that allUsers be given a right.
open_to_everybody() {
  local stranger errors try forbidden='permitted customer|organization policy'
  local right=(
    gcloud run services add-iam-policy-binding "$(named "$1")" --member=allUsers --role=roles/run.invoker
    "${there[@]}"
  )
  local no_check=(gcloud run services update "$(named "$1")" --no-invoker-iam-check "${there[@]}")
  lookup_stranger
  if $dry_run; then
    printf "if test \"\$stranger\" = 403; then\n  %s ||\n    %s\nfi\n" \
      "$(pasteable "${right[@]}")" "$(pasteable "${no_check[@]}")"
  elif [[ $stranger == 403 ]]; then
    printf '%s\n' "$(pasteable "${right[@]}")"
    if ! errors=$("${right[@]}" 2>&1 >/dev/null); then
      [[ $errors =~ $forbidden ]] || fail "$errors"
      printf '# The organisation forbids that.\n'
      run "${no_check[@]}"
    fi
    for ((try = 1; try <= 5; try++)); do
      lookup_stranger
      [[ $stranger == 403 ]] || return 0
      sleep "${RETRY_PAUSE:-12}"
    done
    fail "strangers still get 403 from $1; see \"Public access is forbidden\" in infra/RUNBOOK.md"
  fi
}

check_privacy() {
  local stranger
  lookup_stranger
  $dry_run || [[ $stranger == 40[13] ]] ||
    fail "a stranger may call $1 (answer $stranger): see \"callers\" in infra/doctor.py"
}

# The status that somebody without a token gets.
lookup_stranger() {
  lookup stranger curl --silent --show-error --max-time 60 --output /dev/null \
    --write-out '%{http_code}' "$service_url"
}

# `run jobs deploy --source` would build as the project's default account.
deploy_reconcile() {
  local secrets="AUTH_GOOGLE_SECRET=$client_secret:latest"
  ! has_our_webhook || secrets+=",MERCADO_PAGO_ACCESS_TOKEN=$mercado_pago_token:latest"
  run gcloud builds submit "$scratch/reconcile" --pack="image=$(image reconcile)" \
    --service-account="$builder" --default-buckets-behavior=regional-user-owned-bucket \
    --suppress-logs "${there[@]}"
  patiently gcloud run jobs deploy "$(named reconcile)" --image="$(image reconcile)" --max-retries=0 \
    --task-timeout=10m --memory=512Mi --service-account="$(service_account reconcile)" \
    --set-env-vars="$(environment "${function_settings[@]}" "CANCEL_REFUNDED=$CANCEL_REFUNDED")" \
    --set-secrets="$secrets" "${there[@]}"
}

schedule_reconcile() {
  local job=("$(named reconcile)" --location="$REGION" "${in_project[@]}") started_by
  started_by=$(service_account reconcile)
  local settings=(
    --schedule="$RECONCILE_SCHEDULE" --time-zone="$TIME_ZONE" --http-method=POST
    --uri="https://run.googleapis.com/v2/projects/$GOOGLE_CLOUD_PROJECT/locations/$REGION/jobs/${job[0]}:run"
    --oauth-service-account-email="$started_by"
  )
  patiently gcloud run jobs add-iam-policy-binding "${job[0]}" --member="serviceAccount:$started_by" \
    --role=roles/run.invoker "${there[@]}"
  ensure gcloud scheduler jobs describe "${job[@]}" -- \
    gcloud scheduler jobs create http "${job[@]}" "${settings[@]}" -- \
    gcloud scheduler jobs update http "${job[@]}" "${settings[@]}"
}

remove_the_schedule_of_reconcile() {
  local job=("$(named reconcile)" --location="$REGION" "${in_project[@]}")
  ensure gcloud scheduler jobs describe "${job[@]}" -- -- gcloud scheduler jobs delete "${job[@]}"
}

# lookup_service VARIABLE NAME KEY: empty if there is no such service, unlike `describe`, whose failure
# could as well mean that Google does not answer.
lookup_service() {
  lookup "$1" gcloud run services list --filter="metadata.name=$(named "$2")" --format="value($3)" "${there[@]}"
}

# of_revision WHICH KEY: of the revision that has a tag or the traffic.
of_revision() {
  printf 'status.traffic.filter("%s").extract("%s").flatten()' "$1" "$2"
}

# Settings in gcloud's list syntax, separated by |, since ALLOWED_ORIGINS contains commas.
environment() {
  printf '^|^%s' "$1"
  shift
  (($# == 0)) || printf '|%s' "$@"
}

# roll_back NAME. Doing it again changes nothing more.
roll_back() {
  local previous
  lookup_service previous "$1" "$(of_revision tag=previous revisionName)"
  if [[ -n $previous ]]; then
    run gcloud run services update-traffic "$(named "$1")" --to-revisions="$previous=100" \
      --update-tags="current=$previous" "${there[@]}"
  elif [[ -n $only ]]; then
    fail "$1 has no revision before the present one"
  else
    printf '# %s has no revision before the present one.\n' "$1"
  fi
}

roll_back_list_events() { roll_back list-events; }
roll_back_create_event() { roll_back create-event; }
roll_back_mercado_pago_webhook() { roll_back mercado-pago-webhook; }

# Whether a part is asked for, by .env and by the arguments.
wanted() {
  case $1 in
    mercado-pago-webhook) has_our_webhook || return 1 ;;
    reconcile) ! $rolling_back || return 1 ;;
  esac
  [[ -z $only || $only == "$1" ]]
}

deploy() {
  local steps=(write_packages)
  ! wanted list-events || steps+=(deploy_list_events)
  ! wanted create-event || steps+=(deploy_create_event let_the_webhook_call_create_event)
  ! wanted mercado-pago-webhook || steps+=(deploy_mercado_pago_webhook)
  if wanted reconcile; then
    if [[ -n $RECONCILE_SCHEDULE ]]; then
      steps+=(deploy_reconcile schedule_reconcile)
    else
      steps+=(remove_the_schedule_of_reconcile)
    fi
  fi
  run_steps "${steps[@]}"
  $dry_run || print_addresses
}

rollback() {
  local name steps=()
  for name in list-events create-event mercado-pago-webhook; do
    ! wanted "$name" || steps+=("roll_back_${name//-/_}")
  done
  run_steps "${steps[@]}"
}

print_addresses() {
  local name service_url
  printf '\n'
  for name in list-events create-event mercado-pago-webhook; do
    wanted "$name" || continue
    lookup_service service_url "$name" status.url
    printf '%s  %s\n' "$name" "$service_url"
    case $name in
      create-event) has_our_webhook || printf '  this is also the audience of the caller'\''s ID token\n' ;;
      mercado-pago-webhook) tell_mercado_pago "$service_url" ;;
    esac
  done
}

only="" rolling_back=false
while (($# > 0)); do
  case $1 in
    --package)
      [[ $# -eq 2 && -n $2 ]] || misused "--package needs one directory"
      find_python
      exec "$python" -B "$root/infra/commands/package.py" "$2"
      ;;
    --only)
      only=${2-}
      [[ -n $only ]] || misused "--only needs a name"
      shift
      ;;
    --rollback)
      rolling_back=true
      if [[ -n ${2-} && $2 != --* ]]; then
        only=$2
        shift
      fi
      ;;
    --env) use_env_file "${2-}" && shift ;;
    --dry-run) dry_run=true ;;
    --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

only=${only//_/-}
case $only in
  "" | list-events | create-event | mercado-pago-webhook | reconcile) ;;
  *) misused "there is no $only to deploy" ;;
esac
cd "$root"
load_settings
there=(--region="$REGION" "${in_project[@]}")
builder="projects/$GOOGLE_CLOUD_PROJECT/serviceAccounts/$(service_account calendar-build)"
if [[ $only == mercado-pago-webhook ]] && ! has_our_webhook; then
  misused "WEBHOOK_SERVICE_ACCOUNT names a caller of the school's own, so there is no webhook of ours"
fi
if [[ $only == reconcile ]] && $rolling_back; then misused "the job has no revisions"; fi
if $rolling_back; then rollback; else deploy; fi
