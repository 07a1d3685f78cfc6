#!/usr/bin/env bash
# Prepares a Google Cloud project for what deploy.sh deploys. Every step keeps what exists, so it can be
# run again at any time, for example after a failure or to add new alerts.
set -euo pipefail
# shellcheck source=gcloud.sh
source "$(dirname "${BASH_SOURCE[0]}")/gcloud.sh"
# shellcheck source=secrets.sh
source "$root/infra/secrets.sh"

usage() {
  cat <<'END'
usage: infra/project.sh [--dry-run] [--env FILE]

Prepares the Google Cloud project that .env (or the environment) names: APIs, secrets, service accounts
and their rights, Firestore database, image repository, log-based metrics, alert policies. infra/setup.sh
runs it; it can be run again at any time, for example after a failure or to add new alerts.

Secrets are asked for once, without echo; or give them on standard input, a line each, or in the
environment: AUTH_GOOGLE_SECRET and, if our webhook is deployed, MERCADO_PAGO_ACCESS_TOKEN and
MERCADO_PAGO_WEBHOOK_SECRET. infra/rotate.sh replaces them.

END
  tell_options
}

enable_apis() {
  run gcloud services enable artifactregistry.googleapis.com calendar-json.googleapis.com \
    cloudbuild.googleapis.com cloudfunctions.googleapis.com cloudscheduler.googleapis.com \
    firestore.googleapis.com iam.googleapis.com logging.googleapis.com monitoring.googleapis.com \
    run.googleapis.com secretmanager.googleapis.com "${in_project[@]}"
}

# Only created, never changed: the rules of an existing database are the school's. A new database has
# none, which denies all clients.
create_firestore_database() {
  ensure gcloud firestore databases describe --database="$FIRESTORE_DATABASE" "${in_project[@]}" -- \
    gcloud firestore databases create --database="$FIRESTORE_DATABASE" --location="$REGION" \
    --type=firestore-native --delete-protection "${in_project[@]}"
}

# The refresh token's secret stays empty here: infra/authorize.py adds its versions.
create_secrets() {
  local secret
  for secret in "$REFRESH_TOKEN_SECRET" "${asked_for[@]}"; do
    ensure gcloud secrets describe "$secret" "${in_project[@]}" -- \
      gcloud secrets create "$secret" --replication-policy=automatic "${in_project[@]}"
  done
}

store_secrets() {
  local secret version
  for secret in "${asked_for[@]}"; do
    find_versions "$secret"
    if $dry_run; then
      add_version "$secret" "test -n \"$version\" || "
    elif [[ -z $version ]]; then
      add_version "$secret"
    fi
  done
}

create_service_accounts() {
  create_service_account list-events "Runs list_events"
  create_service_account create-event "Runs create_event"
  create_service_account calendar-build "Builds what deploy.sh deploys"
  ! has_our_webhook || create_service_account payment-webhook "Runs the Mercado Pago webhook"
  [[ -z $RECONCILE_SCHEDULE ]] || create_service_account reconcile "Runs the scheduled reconcile.py"
}

create_service_account() {
  ensure gcloud iam service-accounts describe "$(service_account "$1")" "${in_project[@]}" -- \
    gcloud iam service-accounts create "$(named "$1")" --display-name="$2" "${in_project[@]}"
}

# A separate account, because the default one's rights depend on the project's age and
# organisation: https://cloud.google.com/build/docs/cloud-build-service-account-updates
let_calendar_build_build() {
  grant_on_project calendar-build roles/cloudbuild.builds.builder None
}

let_accounts_use_firestore() {
  grant_on_database create-event roles/datastore.user
  [[ -z $RECONCILE_SCHEDULE ]] || grant_on_database reconcile roles/datastore.user
  if ! has_our_webhook; then return; fi
  if [[ $CANCEL_REFUNDED == yes ]]; then
    grant_on_database payment-webhook roles/datastore.user
  else
    grant_on_database payment-webhook roles/datastore.viewer
    revoke_on_project payment-webhook roles/datastore.user
  fi
}

# The public function reads the classes only where it lists the held ones.
let_list_events_read_held_classes() {
  if ((HOLD_MAX_MINUTES > 0)); then
    grant_on_database list-events roles/datastore.viewer
  else
    revoke_on_project list-events roles/datastore.viewer
  fi
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

# revoke_on_project ACCOUNT ROLE: if it was granted.
revoke_on_project() {
  local member holder
  member="serviceAccount:$(service_account "$1")"
  lookup holder gcloud projects get-iam-policy "$GOOGLE_CLOUD_PROJECT" --flatten='bindings[].members' \
    --filter="bindings.role=$2 AND bindings.members=$member" --format='value(bindings.members)'
  ensure test -z "$holder" -- gcloud projects remove-iam-policy-binding "$GOOGLE_CLOUD_PROJECT" \
    --member="$member" --role="$2" --all
}

let_accounts_read_secrets() {
  local secret account google_readers=(list-events create-event)
  [[ -z $RECONCILE_SCHEDULE ]] || google_readers+=(reconcile)
  for secret in "$REFRESH_TOKEN_SECRET" "$client_secret"; do
    for account in "${google_readers[@]}"; do
      let_read "$account" "$secret"
    done
  done
  if has_our_webhook; then
    let_read payment-webhook "$mercado_pago_token"
    let_read payment-webhook "$mercado_pago_secret"
    [[ -z $RECONCILE_SCHEDULE ]] || let_read reconcile "$mercado_pago_token"
  fi
}

# let_read ACCOUNT SECRET
let_read() {
  patiently gcloud secrets add-iam-policy-binding "$2" \
    --member="serviceAccount:$(service_account "$1")" \
    --role=roles/secretmanager.secretAccessor "${in_project[@]}"
}

# Two a second leave four fifths of Google's quota free. Whoever stores a task with a token of an account
# needs the right to act as it.
create_queue() {
  local account queue=("$CREATE_EVENT_QUEUE" --location="$REGION" "${in_project[@]}") rates=(
    --max-dispatches-per-second=2 --max-concurrent-dispatches=4 --max-attempts=unlimited
    --min-backoff=15s --max-backoff=3600s --max-doublings=8 --max-retry-duration=345600s
  )
  account=$(service_account payment-webhook)
  run gcloud services enable cloudtasks.googleapis.com "${in_project[@]}"
  ensure gcloud tasks queues describe "${queue[@]}" -- \
    gcloud tasks queues create "${queue[@]}" "${rates[@]}" -- \
    gcloud tasks queues update "${queue[@]}" "${rates[@]}"
  patiently gcloud tasks queues add-iam-policy-binding "${queue[@]}" \
    --member="serviceAccount:$account" --role=roles/cloudtasks.enqueuer
  patiently gcloud iam service-accounts add-iam-policy-binding "$account" \
    --member="serviceAccount:$account" --role=roles/iam.serviceAccountUser "${in_project[@]}"
}

# One of our own, so that the images of nothing else are removed.
create_image_repository() {
  local in_region=(--location="$REGION" "${in_project[@]}")
  ensure gcloud artifacts repositories describe "$repository" "${in_region[@]}" -- \
    gcloud artifacts repositories create "$repository" --repository-format=docker "${in_region[@]}"
  run gcloud artifacts repositories set-cleanup-policies "$repository" \
    --policy=infra/image_cleanup.json "${in_region[@]}"
}

# With a prefix, names and filters are those of this environment. The second set of files is what is
# uploaded.
name_alerts() {
  [[ -n $NAME_PREFIX ]] || return 0
  lookup scratch mktemp -d
  run cp -R infra/alerts "$scratch"
  alerts=$scratch/alerts
  run find "$alerts" -name '*.yaml' -exec sed -E -i.bak \
    -e "s/^displayName: \"Virtual classes/&, $NAME_PREFIX/" \
    -e "s/\"(list-events|create-event|mercado-pago-webhook|reconcile)\"/\"$NAME_PREFIX-\\1\"/g" \
    -e "s#logging.googleapis.com/user/#&$NAME_PREFIX-#" {} +
}

create_log_based_metrics() {
  local path file name
  for path in infra/alerts/metrics/*.yaml; do
    file=$alerts/metrics/$(basename "$path")
    name=$(named "$(basename "$path" .yaml)")
    ensure gcloud logging metrics describe "$name" "${in_project[@]}" -- \
      gcloud logging metrics create "$name" --config-from-file="$file" "${in_project[@]}" -- \
      gcloud logging metrics update "$name" --config-from-file="$file" "${in_project[@]}"
  done
}

create_alert_policies() {
  local channel policy path file
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
  for path in infra/alerts/policies/*.yaml; do
    file=$alerts/policies/$(basename "$path")
    lookup policy gcloud alpha monitoring policies list \
      --filter="displayName=\"Virtual classes${NAME_PREFIX:+, $NAME_PREFIX}: $(basename "$path" .yaml)\"" \
      --limit=1 --format='value(name)' "${in_project[@]}"
    ensure test -n "$policy" -- gcloud alpha monitoring policies create \
      --policy-from-file="$file" --notification-channels="$channel" "${in_project[@]}" -- \
      gcloud alpha monitoring policies update "$policy" \
      --policy-from-file="$file" --set-notification-channels="$channel" "${in_project[@]}"
  done
}

read_options "$@"
if ((${#arguments[@]} > 0)); then usage >&2 && exit 2; fi

cd "$root"
load_settings
alerts=infra/alerts
asked_for=("$client_secret")
! has_our_webhook || asked_for+=("$mercado_pago_token" "$mercado_pago_secret")
steps=(
  enable_apis create_secrets store_secrets create_service_accounts create_firestore_database
  let_calendar_build_build let_accounts_read_secrets let_accounts_use_firestore
  let_list_events_read_held_classes
)
! has_our_webhook || [[ -z $CREATE_EVENT_QUEUE ]] || steps+=(create_queue)
steps+=(create_image_repository name_alerts create_log_based_metrics create_alert_policies)
run_steps "${steps[@]}"
printf '# The project is ready. Next: infra/authorize.py\n'
