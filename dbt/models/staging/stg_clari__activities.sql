{{ config(enabled=var('clari_using_activities', false)) }}

-- Meetings, e-mails and attachments, the newest row of each. Lists stay the JSON they are.
with ranked as (
    select
        {{ clari.clari_text('activityId') }} as activity_id,
        {{ clari.clari_text('activityType') }} as activity_type,
        {{ clari.clari_text('subject') }} as subject,
        {{ clari.clari_timestamp('date') }} as activity_at,
        {{ clari.clari_text('activityOwnerId') }} as activity_owner_id,
        {{ clari.clari_text('activityOrganiserId') }} as activity_organiser_id,
        {{ clari.clari_column('accounts') }} as accounts,
        {{ clari.clari_column('opportunities') }} as opportunities,
        {{ clari.clari_column('participants') }} as participants,
        {{ clari.clari_timestamp('exportedAt') }} as exported_at,
        row_number() over (
            partition by {{ clari.clari_column('activityId') }}
            order by {{ clari.clari_column('exportedAt') }} desc
        ) as newest
    from {{ source('clari', 'activities') }}
)

select
    activity_id,
    activity_type,
    subject,
    activity_at,
    activity_owner_id,
    activity_organiser_id,
    accounts,
    opportunities,
    participants,
    exported_at
from ranked
where newest = 1
