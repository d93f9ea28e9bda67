<?php
// Takes webhooks: 204 for what is signed, 400 for what is not.
// MODERATION_WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:8090 webhook.php

function moderation_verified(string $secret, string $body): ?array
{
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $sent = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if ($id === '' || !ctype_digit($sent) || abs(time() - (int) $sent) > 300) {
        return null;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    if ($key === false || $key === '') {
        throw new LogicException('MODERATION_WEBHOOK_SECRET is no secret: one begins with whsec_.');
    }
    $wanted = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sent.$body", $key, true));
    foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $given) {
        if (hash_equals($wanted, $given)) {
            return ['id' => $id] + json_decode($body, true, 64, JSON_THROW_ON_ERROR);
        }
    }
    return null;
}

$delivery = moderation_verified((string) getenv('MODERATION_WEBHOOK_SECRET'), file_get_contents('php://input'));
if ($delivery === null) {
    http_response_code(400);
    return;
}
// The same $delivery['id'] may come twice: act on it once.
error_log($delivery['type'] . ' ' . ($delivery['data']['comment_id'] ?? ''));
http_response_code(204);
