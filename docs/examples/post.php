<?php
// Posts a comment and prints its status.
// MODERATION_URL=https://mod.example.org MODERATION_SITE=gazette MODERATION_KEY=mod_site_… php post.php "the text"

function moderation_post(array $comment, int $attempts = 4): array
{
    $comment += ['id' => bin2hex(random_bytes(16))];  // known before it is sent: sending it twice stores it once
    $url = getenv('MODERATION_URL') . '/v1/sites/' . rawurlencode(getenv('MODERATION_SITE')) . '/comments';
    $options = ['http' => [
        'method' => 'POST',
        'header' => [
            'Authorization: Bearer ' . getenv('MODERATION_KEY'),
            'Content-Type: application/json',
            'Prefer: wait=5',
        ],
        'content' => json_encode($comment, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE),
        'timeout' => 20,
        'follow_location' => 0,
        'ignore_errors' => true,
    ]];
    for ($attempt = 1; ; $attempt++) {
        $http_response_header = [];
        $body = @file_get_contents($url, false, stream_context_create($options));
        $status = (int) (explode(' ', $http_response_header[0] ?? '0 0')[1] ?? 0);
        if ($status >= 200 && $status < 300) {
            return json_decode($body, true, 64, JSON_THROW_ON_ERROR);
        }
        if ($attempt >= $attempts || ($status >= 400 && $status < 500 && $status !== 429 && $status !== 408)) {
            throw new RuntimeException("the moderation service answered $status: $body");
        }
        usleep(random_int(125000, 250000) * 2 ** ($attempt - 1));
    }
}

try {
    $comment = moderation_post([
        'text' => $argv[1],
        'author' => ['id' => 'u-77', 'name' => 'Ann'],
        'article' => ['id' => 'a-9'],
    ]);
} catch (RuntimeException $failure) {
    fwrite(STDERR, $failure->getMessage() . "\n");
    exit(1);
}
echo $comment['status'], "\n";
