#!/usr/bin/env bash
# Exchanges a secret; see --help.
set -euo pipefail
# shellcheck source=gcloud.sh
source "$(dirname "${BASH_SOURCE[0]}")/gcloud.sh"
# shellcheck source=secrets.sh
source "$root/infra/secrets.sh"

usage() {
  cat <<'END'
usage: infra/rotate.sh [--dry-run] [--env FILE] NAME

Exchanges one of the four secrets for a new one, which it asks for without echo (or reads from standard
input or the environment, see infra/project.sh --help): stores it, deploys what uses it, which tries it
out, and only then disables the versions before. If that fails the last one is in use again. NAME is:

  client-secret                the OAuth client's (AUTH_GOOGLE_SECRET)
  refresh-token                the admin's, by a new consent: infra/authorize.py
  mercado-pago-access-token    (MERCADO_PAGO_ACCESS_TOKEN)
  mercado-pago-webhook-secret  (MERCADO_PAGO_WEBHOOK_SECRET)

END
  tell_options
}

store_the_new_one() {
  find_versions "$secret"
  add_version "$secret"
}

# A secret without a version in use has nothing to go back to.
deploy_what_uses_it() {
  local arguments=(--env "$env_file" ${only+--only "$only"})
  if $dry_run; then
    ./deploy.sh --dry-run "${arguments[@]}"
  elif ! ./deploy.sh "${arguments[@]}"; then
    [[ -z $version ]] || put_back "${version%%$'\n'*}"
    return 1
  fi
}

# put_back VERSION: services use the newest version, even if it is disabled.
put_back() {
  local value
  value=$(gcloud secrets versions access "$1" --secret="$secret" "${in_project[@]}")
  printf '%s' "$value" | run gcloud secrets versions add "$secret" --data-file=- "${in_project[@]}"
  printf 'the secret is again what it was\n' >&2
}

disable_those_before() {
  local number
  for number in $version; do
    run gcloud secrets versions disable "$number" --secret="$secret" "${in_project[@]}"
  done
}

read_options "$@"

cd "$root"
load_settings
case ${arguments[*]-} in
  client-secret) secret=$client_secret ;;
  mercado-pago-access-token) secret=$mercado_pago_token only=mercado-pago-webhook ;;
  mercado-pago-webhook-secret) secret=$mercado_pago_secret only=mercado-pago-webhook ;;
  refresh-token)
    infra/venv.sh
    exec infra/authorize.py --env "$env_file" ${CLOUD_SHELL:+--paste}
    ;;
  *) usage >&2 && exit 2 ;;
esac
run_steps store_the_new_one deploy_what_uses_it disable_those_before
