{{ config(materialized='table') }}

-- Everybody in the scope of a forecast and quarter, and everyone that only the entries name.
with named as (
    {% if not var('clari_parts_from_entries') -%}
    select
        {{ clari.clari_text('forecastId') }} as forecast_id,
        {{ clari.clari_text('timePeriod') }} as time_period,
        cast(null as {{ dbt.type_string() }}) as time_frame_id,
        {{ clari.clari_text('userId') }} as owner_id,
        {{ clari.clari_text('name') }} as owner_name,
        {{ clari.clari_text_or_null('email') }} as owner_email,
        {{ clari.clari_text_or_null('crmId') }} as owner_crm_id,
        {{ clari.clari_text('scopeId') }} as scope_id,
        {{ clari.clari_text('hierarchyId') }} as hierarchy_id,
        {{ clari.clari_text('hierarchyName') }} as hierarchy_name,
        {{ clari.clari_text('parentHierarchyId') }} as parent_hierarchy_id,
        {{ clari.clari_text('parentHierarchyName') }} as parent_hierarchy_name,
        {{ clari.clari_timestamp('exportedAt') }} as exported_at,
        1 as preference
    from {{ source('clari', 'forecast_users') }}

    union all

    {% endif -%}
    select
        forecast_id,
        time_period,
        time_frame_id,
        owner_id,
        owner_name,
        owner_email,
        owner_crm_id,
        scope_id,
        hierarchy_id,
        hierarchy_name,
        parent_hierarchy_id,
        parent_hierarchy_name,
        exported_at,
        2 as preference
    from {{ ref('base_clari__forecast_entries') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period, owner_id
            order by exported_at desc, preference
        ) as newest,
        exported_at = max(exported_at) over (
            partition by forecast_id, time_period, preference, time_frame_id
        ) as is_newest,
        max(case when preference = 1 then exported_at end) over (partition by forecast_id, time_period) as listed_at,
        min(preference) over (partition by forecast_id, time_period, owner_id) = 1 as is_listed
    from named
),

-- Who is listed is known of the whole quarter, who has an entry week by week.
-- An entry older than the list says nothing about people that lists have named.
judged as (
    select
        *,
        max(
            case when is_newest and (preference = 1 or not is_listed or exported_at >= listed_at) then 1 else 0 end
        ) over (partition by forecast_id, time_period, owner_id) = 1 as is_in_latest_export
    from ranked
)

select
    forecast_id,
    time_period,
    owner_id,
    owner_name,
    owner_email,
    owner_crm_id,
    coalesce(owner_crm_id, lower(owner_email), owner_id) as person_id,
    scope_id,
    {{ clari.clari_owner_type('scope_id') }} as owner_type,
    hierarchy_id,
    hierarchy_name,
    parent_hierarchy_id,
    parent_hierarchy_name,
    exported_at,
    is_in_latest_export
from judged
where newest = 1
