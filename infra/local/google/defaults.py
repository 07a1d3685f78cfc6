"""What the stand-in knows right after it starts or is reset."""

CLIENT_ID = "local-client-id.apps.googleusercontent.com"
CLIENT_SECRET = "local-client-secret"
REDIRECT_URI = "http://localhost:8085/"

ACCOUNT = "admin@example.com"
CALENDAR_ID = ACCOUNT
TIME_ZONE = "America/Argentina/Buenos_Aires"

REFRESH_TOKEN = "local-refresh-token"
CALENDAR_SCOPE = "https://www.googleapis.com/auth/calendar.events"

REFRESH_TOKEN_SECRET = "calendar-refresh-token"
CLIENT_SECRET_SECRET = "calendar-client-secret"
