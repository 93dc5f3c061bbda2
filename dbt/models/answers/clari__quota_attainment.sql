-- How far is everybody? Closed against quota: attainment is what is closed, never what is called.
with owners as (
    select distinct
        forecast_id,
        forecast_name,
        time_period,
        time_period_id,
        time_period_label,
        is_current_period,
        is_current_quarter,
        is_over,
        owner_id,
        owner_name,
        owner_email,
        person_id,
        owner_type,
        hierarchy_id,
        hierarchy_name,
        is_current_owner
    from {{ ref('int_clari__series') }}
)

select
    owners.*,
    targets.quota_amount,
    targets.closed_amount,
    {{ clari.clari_ratio('targets.closed_amount', 'targets.quota_amount') }} as attainment_ratio,
    targets.quota_amount - targets.closed_amount as gap_amount,
    targets.crm_total,
    {{ clari.clari_ratio('targets.crm_total', 'targets.quota_amount') }} as coverage_ratio,
    targets.currency_code
from owners
inner join {{ ref('int_clari__targets') }} as targets
    on
        owners.forecast_id = targets.forecast_id
        and owners.time_period_id = targets.time_period_id
        and owners.owner_id = targets.owner_id
where targets.quota_amount is not null or targets.closed_amount is not null
