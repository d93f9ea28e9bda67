<?php
/**
 * Plugin Name: Moderation desk
 * Description: Points the stock Akismet plugin at your own moderation service. Copy this file to wp-content/mu-plugins/ and set MODERATION_URL.
 * License: Apache-2.0
 *
 * In wp-config.php:
 *   define( 'MODERATION_URL', 'https://mod.example.org' );  // the service
 *   define( 'WPCOM_API_KEY', '0123456789ab' );              // the site's akismet_key; or enter it on Akismet's settings page
 */

defined( 'ABSPATH' ) || exit;

if ( defined( 'MODERATION_URL' ) ) {
	add_filter( 'pre_http_request', 'moderation_redirect', 10, 3 );
	add_filter( 'pre_comment_approved', 'moderation_hold', 20, 2 );
	add_filter( 'preprocess_comment', 'moderation_begin', 0 );
	add_action( 'wp_insert_comment', 'moderation_remember', 10, 2 );
	add_action( 'transition_comment_status', 'moderation_by_a_person', 5, 3 );
	add_action( 'rest_api_init', 'moderation_webhook_route', 20 );
}

/** Sends what is meant for rest.akismet.com (or KEY.rest.akismet.com) to the service, whole and unchanged. */
function moderation_redirect( $answer, $args, $url ) {
	$host = strtolower( (string) parse_url( $url, PHP_URL_HOST ) );
	if ( ! preg_match( '/^([a-z0-9]+\.)?rest\.akismet\.com$/', $host ) ) {
		return $answer;
	}
	unset( $args['headers']['Host'] );
	$path  = (string) parse_url( $url, PHP_URL_PATH );
	$query = parse_url( $url, PHP_URL_QUERY );
	$check = '/comment-check' === substr( $path, -14 ) && is_string( $args['body'] );
	if ( $check && false === strpos( $args['body'], '&callback=' ) ) {
		$args['body'] .= '&callback=' . rawurlencode( rest_url( 'akismet/v1/webhook' ) );
	}
	$found = wp_remote_request( rtrim( MODERATION_URL, '/' ) . $path . ( $query ? '?' . $query : '' ), $args );
	return $check && ! is_wp_error( $found ) ? moderation_checked( $found, $args['body'] ) : $found;
}

/** Takes from an answer what Akismet's plugin does not: the id of the check, and whether a person should decide. */
function moderation_checked( $found, $body ) {
	$guid = wp_remote_retrieve_header( $found, 'x-akismet-guid' );
	$hold = 'false' === $found['body'] && '' !== wp_remote_retrieve_header( $found, 'x-akismet-recheck-after' );
	$GLOBALS['moderation_check'] = array( 'guid' => $guid, 'hold' => $hold );
	parse_str( $body, $sent );
	if ( isset( $sent['recheck_reason'], $sent['comment_ID'] ) && '' !== $guid ) {
		$id = (int) $sent['comment_ID'];
		update_comment_meta( $id, 'akismet_guid', $guid );
		if ( $hold && 'retry' === $sent['recheck_reason'] ) {
			// Held while the service was away. The plugin would publish it on "false": it stays pending, and is not asked about again.
			delete_comment_meta( $id, 'akismet_error' );
			$found['body'] = 'pending';
		}
	}
	return $found;
}

/** A new comment: what the service said of the one before does not count for it. */
function moderation_begin( $comment ) {
	unset( $GLOBALS['moderation_check'] );
	return $comment;
}

/** Holds what the service wants a person to decide. Akismet does so itself from 5.5 on; older releases publish it. */
function moderation_hold( $approved, $comment ) {
	return 1 == $approved && ! empty( $GLOBALS['moderation_check']['hold'] ) ? 0 : $approved;
}

/** Keeps the service's id of the check beside the comment, where newer releases of Akismet keep it too. */
function moderation_remember( $id, $comment ) {
	if ( ! empty( $GLOBALS['moderation_check']['guid'] ) && ! get_comment_meta( $id, 'akismet_guid', true ) ) {
		update_comment_meta( $id, 'akismet_guid', $GLOBALS['moderation_check']['guid'] );
	}
}

/** The address to which a moderator's decision is brought; releases of Akismet that have it themselves keep theirs. */
function moderation_webhook_route() {
	if ( ! isset( rest_get_server()->get_routes()['/akismet/v1/webhook'] ) ) {
		register_rest_route( 'akismet/v1', '/webhook', array(
			'methods'             => 'POST',
			'callback'            => 'moderation_webhook',
			'permission_callback' => 'moderation_webhook_allowed',
		) );
	}
}

function moderation_webhook_allowed( WP_REST_Request $request ) {
	$key = class_exists( 'Akismet' ) ? (string) Akismet::get_api_key() : '';
	return '' !== $key && is_string( $request['key'] ) && hash_equals( strtolower( $key ), strtolower( $request['key'] ) );
}

function moderation_webhook( WP_REST_Request $request ) {
	$answers = array();
	foreach ( (array) $request['comments'] as $one ) {
		if ( is_array( $one ) && isset( $one['guid'], $one['result'] ) && is_string( $one['guid'] ) && '' !== $one['guid'] ) {
			$answers[ $one['guid'] ] = moderation_decided( $one['guid'], $one['result'] );
		}
	}
	return rest_ensure_response( array( 'comments' => (object) $answers ) );
}

/** Notes that a person decided in WordPress: the queue does not go against that. */
function moderation_by_a_person( $new, $old, $comment ) {
	if ( current_user_can( 'moderate_comments' ) ) {
		update_comment_meta( $comment->comment_ID, 'moderation_decided_here', $new );
	}
}

/** Does in WordPress what was decided in the queue, unless a person decided in WordPress since. */
function moderation_decided( $guid, $result ) {
	$found = get_comments( array( 'meta_key' => 'akismet_guid', 'meta_value' => $guid, 'status' => 'any', 'number' => 1 ) );
	if ( ! $found ) {
		$found = get_comments( array( 'meta_key' => 'akismet_guid', 'meta_value' => $guid, 'status' => 'spam', 'number' => 1 ) );
	}
	if ( ! $found ) {
		return array( 'status' => 'error', 'message' => 'Could not find matching comment.' );
	}
	$comment = $found[0];
	$now     = wp_get_comment_status( $comment );
	$wanted  = 'true' === $result ? 'spam' : 'approved';
	if ( $now === $wanted ) {
		return array( 'status' => 'success' );
	}
	if ( get_comment_meta( $comment->comment_ID, 'moderation_decided_here', true ) || 'trash' === $now ) {
		return array( 'status' => 'error', 'message' => 'A person has decided in WordPress.' );
	}
	add_comment_meta( $comment->comment_ID, 'akismet_rechecking', true );  // so Akismet does not report our own decision back to us
	$done = 'spam' === $wanted ? wp_spam_comment( $comment ) : wp_set_comment_status( $comment, 'approve' );
	delete_comment_meta( $comment->comment_ID, 'akismet_rechecking' );
	if ( $done ) {
		update_comment_meta( $comment->comment_ID, 'akismet_result', 'spam' === $wanted ? 'true' : 'false' );
	}
	return array( 'status' => $done ? 'success' : 'error' );
}
