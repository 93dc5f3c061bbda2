{{ config(enabled=var('clari_using_audit_events', false)) }}

-- Who did what in Clari, one row per event however often it was read.
with ranked as (
    select
        {{ clari.clari_text('eventId') }} as event_id,
        {{ clari.clari_timestamp('eventTimestamp') }} as event_at,
        {{ clari.clari_text('event') }} as event,
        {{ clari.clari_text('actorId') }} as actor_id,
        {{ clari.clari_text('actorName') }} as actor_name,
        {{ clari.clari_text('actorEmail') }} as actor_email,
        {{ clari.clari_text('actorType') }} as actor_type,
        {{ clari.clari_text('impersonatingActorId') }} as impersonating_actor_id,
        {{ clari.clari_text('sessionId') }} as session_id,
        {{ clari.clari_text('sessionType') }} as session_type,
        {{ clari.clari_text('ipAddress') }} as ip_address,
        {{ clari.clari_text('correlationID') }} as correlation_id,
        {{ clari.clari_column('eventParameters') }} as event_parameters,
        row_number() over (
            partition by {{ clari.clari_column('eventId') }}
            order by {{ clari.clari_column('eventTimestamp') }}
        ) as newest
    from {{ source('clari', 'audit_events') }}
)

select
    event_id,
    event_at,
    event,
    actor_id,
    actor_name,
    actor_email,
    actor_type,
    impersonating_actor_id,
    session_id,
    session_type,
    ip_address,
    correlation_id,
    event_parameters
from ranked
where newest = 1
