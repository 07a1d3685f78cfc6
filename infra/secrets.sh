# Asks for secrets and keeps them in Secret Manager; for infra/project.sh and infra/rotate.sh. Sourced,
# never run. Works with macOS's bash 3.2.
# shellcheck shell=bash disable=SC2154  # its variables are those of gcloud.sh

# describe_secret SECRET: the variable that may hold its value, the form it must have and where it is
# found.
describe_secret() {
  case $1 in
    "$client_secret")
      variable=AUTH_GOOGLE_SECRET form='^[A-Za-z0-9_-]{16,}$'
      question="OAuth2 client secret (of the client AUTH_GOOGLE_ID)"
      ;;
    "$mercado_pago_token")
      variable=MERCADO_PAGO_ACCESS_TOKEN form='^(APP_USR|TEST)-[A-Za-z0-9_-]{16,}$'
      question="Mercado Pago access token (panel: your application, credentials)"
      ;;
    "$mercado_pago_secret")
      variable=MERCADO_PAGO_WEBHOOK_SECRET form='^[A-Za-z0-9_-]{16,}$'
      find_webhook_url
      question="Mercado Pago secret signature (its panel shows it once the following is saved there)
$(tell_mercado_pago "$webhook_url")
  The secret signature"
      ;;
  esac
}

# read_secret SECRET: leaves in `value` what the environment holds, or the keyboard or standard input
# gives; never an argument, which other users of the machine could see.
read_secret() {
  local variable form question
  describe_secret "$1"
  value=${!variable-}
  while value=${value//[[:space:]]/} && [[ ! $value =~ $form ]]; do
    [[ -z $value ]] || printf 'that is no %s\n' "${question%% (*}" >&2
    printf '%s, not shown: ' "$question" >&2
    if ! read -rs value && [[ -z $value ]]; then
      printf '\nno %s given\n' "${question%% (*}" >&2
      return 1
    fi
    printf '\n' >&2
  done
}

# find_versions SECRET: leaves in `version` those in use, newest first; empty if there is none.
find_versions() {
  lookup version gcloud secrets versions list "$1" --filter=state=ENABLED --sort-by=~name \
    --format='value(name)' "${in_project[@]}"
}

# add_version SECRET [CONDITION]: asks for its value and makes that the one in use. A dry run prints the
# command, behind the condition.
add_version() {
  local value="" add=(gcloud secrets versions add "$1" --data-file=- "${in_project[@]}")
  if $dry_run; then
    printf '# type or paste the value, then Enter and Ctrl-D\n%s%s\n' "${2-}" "$(pasteable "${add[@]}")"
  else
    read_secret "$1"
    printf '%s' "$value" | run "${add[@]}"
  fi
}
