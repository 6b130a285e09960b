<?php
// Signs a playback token in PHP (8 or later, with the extensions openssl and sodium, which are usually there).
//
//   php sign_token.php private.pem KEY_ID PLAYBACK_ID '{"viewer": "student-7"}'

function base64url(string $value): string
{
    return rtrim(strtr(base64_encode($value), '+/', '-_'), '=');
}

/** A token for an hour; further claims may be limits, or change what is here. */
function sign_token(string $pem, string $key_id, string $playback_id, array $claims = []): string
{
    // openssl_sign() knows no Ed25519 before PHP 8.4; in PKCS #8 (RFC 8410) its seed is the last 32 of 48 bytes.
    $der = base64_decode(preg_replace('/-----[^-]+-----|\s/', '', $pem));
    $is_ed25519 = strlen($der) === 48;
    $header = ['alg' => $is_ed25519 ? 'EdDSA' : 'RS256', 'typ' => 'JWT', 'kid' => $key_id];
    $payload = $claims + ['sub' => $playback_id, 'aud' => ['video', 'image', 'storyboard'], 'exp' => time() + 3600];
    $message = base64url(json_encode($header)) . '.' . base64url(json_encode($payload));
    if ($is_ed25519) {
        $pair = sodium_crypto_sign_seed_keypair(substr($der, -32));
        $signature = sodium_crypto_sign_detached($message, sodium_crypto_sign_secretkey($pair));
    } else {
        @openssl_sign($message, $signature, $pem, OPENSSL_ALGO_SHA256) or throw new RuntimeException('no RSA key');
    }
    return $message . '.' . base64url($signature);
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    try {
        $argc === 4 || $argc === 5 or throw new InvalidArgumentException('Three or four arguments are needed.');
        [, $pem_file, $key_id, $playback_id, $claims] = $argv + [4 => '{}'];
        $pem = @file_get_contents($pem_file) or throw new InvalidArgumentException("$pem_file cannot be read.");
        $claims = json_decode($claims, true, 512, JSON_THROW_ON_ERROR);
        echo sign_token($pem, $key_id, $playback_id, $claims), "\n";
    } catch (Throwable $fault) {
        fwrite(STDERR, $fault->getMessage() . "\n");
        fwrite(STDERR, "usage: php sign_token.php private.pem KEY_ID PLAYBACK_ID ['{\"viewer\": \"student-7\"}']\n");
        exit(1);
    }
}
