<?php
// Receives webhooks in PHP (8 or later; for Ed25519 with the extension sodium, which is usually there).
//
//   WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:8000 receive_webhook.php

const TOLERANCE = 300; // seconds: what is older may be somebody's repetition

/** The event, if it comes from us. */
function verify(string $secret, string $id, string $timestamp, string $signatures, string $body): array
{
    if (abs(time() - (int) $timestamp) > TOLERANCE) {
        throw new RuntimeException('too old, or a clock is wrong');
    }
    [$kind, $text] = explode('_', $secret, 2);
    $key = base64_decode($text);
    $signed = "$id.$timestamp.$body";
    // Several while a secret is being exchanged: one has to fit.
    foreach (explode(' ', $signatures) as $each) {
        [$version, $signature] = explode(',', $each, 2) + ['', ''];
        $signature = base64_decode($signature);
        $fits = match (true) {
            $kind === 'whsec' && $version === 'v1' =>
                hash_equals(hash_hmac('sha256', $signed, $key, true), $signature),
            $kind === 'whpk' && $version === 'v1a' && strlen($signature) === SODIUM_CRYPTO_SIGN_BYTES =>
                sodium_crypto_sign_verify_detached($signature, $signed, $key),
            default => false,
        };
        if ($fits) {
            return json_decode($body, true, 64, JSON_THROW_ON_ERROR);
        }
    }
    throw new RuntimeException('no signature fits');
}

try {
    $event = verify(
        getenv('WEBHOOK_SECRET'),
        $_SERVER['HTTP_WEBHOOK_ID'] ?? '',
        $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '',
        $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '',
        file_get_contents('php://input'),
    );
    // Put it into a queue of yours, by $event['id'], which comes again if we did not hear your answer; then say so.
    file_put_contents('php://stdout', "$event[type] $event[asset_id] $event[sequence]\n");
    http_response_code(204);
} catch (RuntimeException | JsonException $error) {
    file_put_contents('php://stderr', $error->getMessage() . "\n");
    http_response_code(400);
}
