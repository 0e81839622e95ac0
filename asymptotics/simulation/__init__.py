"""Monte Carlo written from the model's definition alone."""

from asymptotics.simulation.design.campaign import (
    CampaignStatus,
    campaign_status,
    collect_campaign,
    merge_stores,
    read_store,
    run_campaign,
)
from asymptotics.simulation.design.execution import process_pool
from asymptotics.simulation.design.planning import Campaign, plan_campaign
from asymptotics.simulation.design.simulate import draw_campaign, simulate
from asymptotics.simulation.estimates.estimate import Estimate, Statistic

__all__ = [
    "Campaign",
    "CampaignStatus",
    "Estimate",
    "Statistic",
    "campaign_status",
    "collect_campaign",
    "draw_campaign",
    "merge_stores",
    "plan_campaign",
    "process_pool",
    "read_store",
    "run_campaign",
    "simulate",
]
