#!/bin/sh
# Posts a comment and prints its status: approved, rejected, pending (a moderator decides) or queued (not scored yet).
# MODERATION_URL=https://mod.example.org MODERATION_SITE=gazette MODERATION_KEY=mod_site_… sh post.sh "the text"
# The same id and text again is safe: retry as you like.
set -eu
id="${MODERATION_ID:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}"
text=$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')
answer=$(curl --silent --show-error --fail-with-body --retry 4 --max-time 20 \
    --header "Authorization: Bearer $MODERATION_KEY" \
    --header "Content-Type: application/json" \
    --header "Prefer: wait=5" \
    --data "{\"id\": \"$id\", \"text\": \"$text\", \"author\": {\"id\": \"u-77\", \"name\": \"Ann\"}, \"article\": {\"id\": \"a-9\"}}" \
    "$MODERATION_URL/v1/sites/$MODERATION_SITE/comments") || { printf '%s\n' "$answer" >&2; exit 1; }
printf '%s' "$answer" | sed -n 's/.*"status":"\([a-z]*\)","received_at".*/\1/p'
