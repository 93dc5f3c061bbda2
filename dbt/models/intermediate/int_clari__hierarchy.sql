-- Each role with itself and every role above it, how far above, and the path from there.
-- A circle ends where it began.
with recursive holders as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period, hierarchy_id
            order by
                case when is_current_owner then 0 else 1 end,
                case when has_left then 1 else 0 end,
                owner_id
        ) as preference
    from {{ ref('int_clari__owners') }}
    where hierarchy_id is not null
),

-- A role's name and place are those of one holder. Of somebody who left they may be out of date.
roles as (
    select
        forecast_id,
        time_period,
        hierarchy_id,
        cast(hierarchy_name as {{ dbt.type_string() }}) as hierarchy_name,
        parent_hierarchy_id
    from holders
    where preference = 1
),

above as (
    select
        forecast_id,
        time_period,
        hierarchy_id,
        hierarchy_id as ancestor_hierarchy_id,
        parent_hierarchy_id as next_hierarchy_id,
        0 as distance,
        cast(coalesce(hierarchy_name, hierarchy_id) as {{ dbt.type_string() }}) as path,
        cast('|' || hierarchy_id || '|' as {{ dbt.type_string() }}) as passed
    from roles

    union all

    select
        above.forecast_id,
        above.time_period,
        above.hierarchy_id,
        roles.hierarchy_id as ancestor_hierarchy_id,
        roles.parent_hierarchy_id as next_hierarchy_id,
        above.distance + 1 as distance,
        cast(
            coalesce(roles.hierarchy_name, roles.hierarchy_id) || ' > ' || above.path as {{ dbt.type_string() }}
        ) as path,
        cast(above.passed || roles.hierarchy_id || '|' as {{ dbt.type_string() }}) as passed
    from above
    inner join roles
        on
            above.forecast_id = roles.forecast_id
            and above.time_period = roles.time_period
            and above.next_hierarchy_id = roles.hierarchy_id
    where replace(above.passed, '|' || roles.hierarchy_id || '|', '') = above.passed
)

select
    forecast_id,
    time_period,
    hierarchy_id,
    ancestor_hierarchy_id,
    distance,
    path
from above
