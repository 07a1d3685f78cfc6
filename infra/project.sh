#!/usr/bin/env bash
# Prepares a Google Cloud project for the two functions. Every step keeps what exists, so it can be run
# again at any time, for example after a failure or to add new alerts.
set -euo pipefail
# shellcheck source=gcloud.sh
source "$(dirname "${BASH_SOURCE[0]}")/gcloud.sh"

usage() {
  cat <<'END'
usage: infra/project.sh [--dry-run] [--env FILE]

Prepares the Google Cloud project that .env (or the environment) names: APIs, Firestore database,
service accounts and their rights, secrets, log-based metrics, alert policies.
It can be run again at any time. .env.example says what goes into .env.

The OAuth2 client secret is asked for once, without echo; or give it on standard input:
  infra/project.sh < client-secret.txt

  --dry-run   print the commands, run none
  --env FILE  read the settings from this file instead of .env
  --help      this text

Exit status: 0 done, 1 stopped half-way, 2 the settings or the arguments are wrong.
END
}

enable_apis() {
  run gcloud services enable artifactregistry.googleapis.com calendar-json.googleapis.com \
    cloudbuild.googleapis.com cloudfunctions.googleapis.com firestore.googleapis.com \
    iam.googleapis.com logging.googleapis.com monitoring.googleapis.com run.googleapis.com \
    secretmanager.googleapis.com "${in_project[@]}"
}

# Only created, never changed: the rules of an existing database are the school's. A new database has
# none, which denies all clients.
create_firestore_database() {
  ensure gcloud firestore databases describe --database="$FIRESTORE_DATABASE" "${in_project[@]}" -- \
    gcloud firestore databases create --database="$FIRESTORE_DATABASE" --location="$REGION" \
    --type=firestore-native "${in_project[@]}"
}

create_service_accounts() {
  create_service_account list-events "Runs list_events"
  create_service_account create-event "Runs create_event"
  create_service_account calendar-build "Builds list_events and create_event"
}

create_service_account() {
  ensure gcloud iam service-accounts describe "$(service_account "$1")" "${in_project[@]}" -- \
    gcloud iam service-accounts create "$1" --display-name="$2" "${in_project[@]}"
}

# A separate account, because the default one's rights depend on the project's age and
# organisation: https://cloud.google.com/build/docs/cloud-build-service-account-updates
let_cloud_build_build_functions() {
  grant_on_project calendar-build roles/cloudbuild.builds.builder None
}

let_create_event_use_firestore() {
  grant_on_database create-event roles/datastore.user
}

# The public function reads the classes only where it lists the held ones.
let_list_events_read_held_classes() {
  local role=roles/datastore.viewer member reader
  if ((HOLD_MAX_MINUTES > 0)); then
    grant_on_database list-events "$role"
    return
  fi
  member="serviceAccount:$(service_account list-events)"
  lookup reader gcloud projects get-iam-policy "$GOOGLE_CLOUD_PROJECT" --flatten='bindings[].members' \
    --filter="bindings.role=$role AND bindings.members=$member" --format='value(bindings.members)'
  ensure test -z "$reader" -- gcloud projects remove-iam-policy-binding "$GOOGLE_CLOUD_PROJECT" \
    --member="$member" --role="$role" --all
}

# Firestore has no policies per database, so a right is granted on the project, with a condition that
# limits it to the database.
grant_on_database() {
  local database="projects/$GOOGLE_CLOUD_PROJECT/databases/$FIRESTORE_DATABASE"
  grant_on_project "$1" "$2" "expression=resource.name==\"$database\",title=virtual-classes-database"
}

# grant_on_project ACCOUNT ROLE CONDITION. Once a policy has conditions, gcloud requires one, even None.
grant_on_project() {
  patiently gcloud projects add-iam-policy-binding "$GOOGLE_CLOUD_PROJECT" \
    --member="serviceAccount:$(service_account "$1")" --role="$2" --condition="$3"
}

# The refresh token's secret stays empty here: infra/authorize.py adds its versions.
create_secrets() {
  local secret
  for secret in "$REFRESH_TOKEN_SECRET" "$client_secret"; do
    ensure gcloud secrets describe "$secret" "${in_project[@]}" -- \
      gcloud secrets create "$secret" --replication-policy=automatic "${in_project[@]}"
  done
}

store_client_secret() {
  local version value add=(gcloud secrets versions add "$client_secret" --data-file=- "${in_project[@]}")
  lookup version gcloud secrets versions list "$client_secret" --filter=state=ENABLED --limit=1 \
    --format='value(name)' "${in_project[@]}"
  if $dry_run; then
    printf '# type or paste the OAuth2 client secret, then Enter and Ctrl-D\n'
    printf 'test -n "%s" || %s\n' "$version" "$(pasteable "${add[@]}")"
  elif [[ -n $version ]]; then
    printf '# it has a value; another one replaces it by: %s\n' "$(pasteable "${add[@]}")"
  else
    value=$(read_client_secret)
    printf '%s' "$value" | run "${add[@]}"
  fi
}

# From AUTH_GOOGLE_SECRET, the keyboard or standard input; never from an argument, which other
# users of the machine could see.
read_client_secret() {
  local value=${AUTH_GOOGLE_SECRET:-}
  if [[ -z $value ]]; then
    [[ ! -t 0 ]] || printf 'OAuth2 client secret (not shown): ' >&2
    read -rs value || true
    [[ ! -t 0 ]] || printf '\n' >&2
  fi
  value=${value//[[:space:]]/}
  if [[ -z $value ]]; then
    printf 'no OAuth2 client secret given\n' >&2
    return 1
  fi
  printf '%s' "$value"
}

let_functions_read_secrets() {
  local secret account
  for secret in "$REFRESH_TOKEN_SECRET" "$client_secret"; do
    for account in list-events create-event; do
      patiently gcloud secrets add-iam-policy-binding "$secret" \
        --member="serviceAccount:$(service_account "$account")" \
        --role=roles/secretmanager.secretAccessor "${in_project[@]}"
    done
  done
}

create_log_based_metrics() {
  local file name
  for file in infra/alerts/metrics/*.yaml; do
    name=$(basename "$file" .yaml)
    ensure gcloud logging metrics describe "$name" "${in_project[@]}" -- \
      gcloud logging metrics create "$name" --config-from-file="$file" "${in_project[@]}" -- \
      gcloud logging metrics update "$name" --config-from-file="$file" "${in_project[@]}"
  done
}

create_alert_policies() {
  local channel policy file
  local find_channel=(
    gcloud beta monitoring channels list
    --filter="type=\"email\" AND labels.email_address=\"$ALERT_EMAIL\""
    --limit=1 --format='value(name)' "${in_project[@]}"
  )
  lookup channel "${find_channel[@]}"
  ensure test -n "$channel" -- gcloud beta monitoring channels create --type=email \
    --display-name='Virtual classes' --channel-labels="email_address=$ALERT_EMAIL" "${in_project[@]}"
  lookup channel "${find_channel[@]}"
  if [[ -z $channel ]]; then
    printf 'the notification channel is made, but not listed yet\n' >&2
    return 1
  fi
  for file in infra/alerts/policies/*.yaml; do
    lookup policy gcloud alpha monitoring policies list \
      --filter="displayName=\"Virtual classes: $(basename "$file" .yaml)\"" \
      --limit=1 --format='value(name)' "${in_project[@]}"
    ensure test -n "$policy" -- gcloud alpha monitoring policies create \
      --policy-from-file="$file" --notification-channels="$channel" "${in_project[@]}" -- \
      gcloud alpha monitoring policies update "$policy" \
      --policy-from-file="$file" --set-notification-channels="$channel" "${in_project[@]}"
  done
}

while (($# > 0)); do
  case $1 in
    --dry-run) dry_run=true ;;
    --env) use_env_file "${2-}" && shift ;;
    --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

cd "$root"
load_settings
run_steps enable_apis create_firestore_database create_service_accounts \
  let_cloud_build_build_functions create_secrets store_client_secret let_functions_read_secrets \
  let_create_event_use_firestore let_list_events_read_held_classes create_log_based_metrics \
  create_alert_policies
printf '# The project is ready. Next: .venv/bin/python infra/authorize.py\n'
