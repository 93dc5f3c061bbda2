-- Owners of a forecast and quarter, and whether they still are: somebody who left is in no newer export,
-- and of one person's roles the old one is over when a newer one began after its last entry.
with stints as (
    select
        forecast_id,
        time_period,
        owner_id,
        min(coalesce(week_number, 0)) as first_week_number,
        max(coalesce(week_number, 0)) as last_week_number
    from {{ ref('int_clari__entered_calls') }}
    where coalesce(field_type, 'forecast') <> 'quota'
    group by forecast_id, time_period, owner_id
),

joined as (
    select
        owners.*,
        stints.first_week_number,
        stints.last_week_number,
        max(stints.first_week_number) over (
            partition by owners.forecast_id, owners.time_period, owners.person_id
        ) as newest_role_since
    from {{ ref('stg_clari__forecast_users') }} as owners
    left join stints
        on
            owners.forecast_id = stints.forecast_id
            and owners.time_period = stints.time_period
            and owners.owner_id = stints.owner_id
)

select
    forecast_id,
    time_period,
    owner_id,
    owner_name,
    owner_email,
    owner_crm_id,
    person_id,
    owner_type,
    hierarchy_id,
    hierarchy_name,
    parent_hierarchy_id,
    parent_hierarchy_name,
    first_week_number,
    last_week_number,
    not is_in_latest_export as has_left,
    coalesce(newest_role_since > last_week_number, false) as is_former_role,
    is_in_latest_export and not coalesce(newest_role_since > last_week_number, false) as is_current_owner
from joined
