-- Who reports to whom? Each owner of a forecast and quarter with depth, the path from the top, and the manager above.
with ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period, hierarchy_id
            order by distance desc
        ) as farthest
    from {{ ref('int_clari__hierarchy') }}
),

roles as (
    select *
    from ranked
    where farthest = 1
),

managers as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period, hierarchy_id
            order by case when owner_type = 'manager' then 0 else 1 end, owner_id
        ) as preference
    from {{ ref('int_clari__owners') }}
    where hierarchy_id is not null and is_current_owner
)

select
    owners.forecast_id,
    owners.time_period,
    owners.owner_id,
    owners.owner_name,
    owners.owner_email,
    owners.owner_crm_id,
    owners.person_id,
    owners.owner_type,
    owners.is_current_owner,
    owners.has_left,
    owners.is_former_role,
    owners.hierarchy_id,
    owners.hierarchy_name,
    owners.parent_hierarchy_id,
    owners.parent_hierarchy_name,
    managers.owner_id as manager_owner_id,
    managers.owner_name as manager_name,
    managers.owner_email as manager_email,
    roles.ancestor_hierarchy_id as top_hierarchy_id,
    roles.distance as depth,
    roles.path
from {{ ref('int_clari__owners') }} as owners
left join roles
    on
        owners.forecast_id = roles.forecast_id
        and owners.time_period = roles.time_period
        and owners.hierarchy_id = roles.hierarchy_id
left join managers
    on
        owners.forecast_id = managers.forecast_id
        and owners.time_period = managers.time_period
        and owners.parent_hierarchy_id = managers.hierarchy_id
        and managers.preference = 1
